/**
 * The host under which somebody in a chat is listed and mapped beside the logins of forges. The id keeps two workspaces apart
 * that were connected under one name, one after the other; the name is there for whoever reads the list.
 */
export function chatHost(connection: { readonly id: string; readonly name: string }): string {
  return `${connection.name}/${connection.id}`.toLowerCase();
}
