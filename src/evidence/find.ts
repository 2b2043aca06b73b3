/** What a text may stand for. Pure: the forms alone decide. */
export type Meaning =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'commit'; readonly prefix: string }
  | { readonly kind: 'words'; readonly service: string | null; readonly version: string | null; readonly text: string };

/** Reads what a person typed: an exact node, the beginning of a commit, `shop 1.2.0`, `shop@1.2.0`, or words. */
export function meaningOf(typed: string): Meaning {
  const text = typed.trim();
  if (/^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return { kind: 'node', id: text };
  if (/^[0-9a-f]{7,39}$/.test(text)) return { kind: 'commit', prefix: text };
  const [, service, version] = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:[@\s]+v?(\S{1,100}))?$/.exec(text) ?? [];
  return { kind: 'words', service: service ?? null, version: version ?? null, text };
}
