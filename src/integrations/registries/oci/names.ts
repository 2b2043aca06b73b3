import type { Digest } from '../../../kernel/digest.ts';
import { hexOf, isDigest } from '../../../kernel/digest.ts';

/** Names of the OCI distribution specification 1.1 (https://github.com/opencontainers/distribution-spec). */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Whether `text` can be the name of a repository: no more than 255 characters with its host. */
export function isRepository(text: string): boolean {
  return text.length <= 200 && REPOSITORY.test(text);
}

/** Whether `text` can be a tag. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** A tag for a version: SemVer's `+` is no character of a tag and becomes `_`, as Helm writes it; null where none fits. */
export function tagOf(version: string): string | null {
  const tag = version.replaceAll('+', '_');
  return isTag(tag) ? tag : null;
}

/** Where registries that do not know the referrers API keep an index of what speaks of a manifest. */
export function referrersTag(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

export type Reference = {
  readonly host: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: Digest | null;
};

/** `host[:port]/repository[:tag][@digest]`, or null. A reference without a host is none: which registry it means is a guess. */
export function parseReference(text: string): Reference | null {
  if (text.length > 1000) return null;
  const [name = '', digest, ...more] = text.replace(/^(?:docker|oci|https?):\/\//, '').split('@');
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) return null;
  const slash = name.indexOf('/');
  const host = name.slice(0, Math.max(slash, 0));
  const [repository = '', tag, ...rest] = name.slice(slash + 1).split(':');
  if (!/^[A-Za-z0-9.-]+(?::\d{1,5})?$/.test(host) || !/[.:]|^localhost$/.test(host)) return null;
  if (rest.length > 0 || !isRepository(repository) || (tag !== undefined && !isTag(tag))) return null;
  return { host, repository, tag: tag ?? null, digest: digest ?? null };
}

export type Challenge = { readonly scheme: string; readonly of: Readonly<Record<string, string>> };

/** The challenges of a `WWW-Authenticate` header (RFC 9110, 11.6.1), schemes and names in lower case; broken parts are left out. */
export function challengesOf(header: string): Challenge[] {
  const found: { scheme: string; of: Record<string, string> }[] = [];
  const token = /\s*,?\s*([A-Za-z0-9!#$%&'*+.^_`|~-]{1,60})(?:\s*=\s*(?:"((?:[^"\\]|\\.){0,2000})"|([^\s,"]{1,2000})))?/y;
  const text = header.slice(0, 8000);
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, name = '', quoted, plain] = match;
    const value = quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1');
    if (value === undefined) found.push({ scheme: name.toLowerCase(), of: {} });
    else if (found.at(-1) !== undefined) (found.at(-1) as (typeof found)[number]).of[name.toLowerCase()] = value;
  }
  return found;
}
