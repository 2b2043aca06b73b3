/** An address of a repository in one form, so that `git@host:a/b.git` and `https://host/A/b` are found to be the same; null: it is none. */
export function sameRepository(address: string | null): string | null {
  if (address === null || address.length > 2000) return null;
  const scp = /^[\w.-]+@([\w.-]+):(?!\/\/)(.+)$/.exec(address);
  const url = URL.parse(scp === null ? address : `ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`);
  if (url === null || url.hostname === '') return null;
  const path = url.pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return path === '' ? null : `${url.hostname.toLowerCase()}/${path.toLowerCase()}`;
}

/** The one service that comes from the repository; null: none does, or several do and a person has to say which. */
export function serviceOf<Service extends { readonly repository: string | null }>(
  services: readonly Service[],
  repository: string | null,
): Service | null {
  const wanted = sameRepository(repository);
  if (wanted === null) return null;
  const found = services.filter((service) => sameRepository(service.repository) === wanted);
  return found.length === 1 ? (found[0] ?? null) : null;
}
