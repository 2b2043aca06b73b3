/** `#12` as an issue of the service's own repository, and `acme/shop#12` where that is it; null: of another, or none. */
export function ownIssue(key: string, repository: string | null): string | null {
  const [, named, number] = /^([^#]*)#([1-9]\d{0,8})$/.exec(key) ?? [];
  if (number === undefined || repository === null) return null;
  return named === '' || named === repository ? `${repository}#${number}` : null;
}
