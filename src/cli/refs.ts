import type { z } from 'zod';
import { listReleases, type releaseSchema } from '../contract/releases.ts';
import { getRelease } from '../contract/releases.ts';
import type { Client } from '../host/client.http.ts';
import { isId } from '../kernel/id.ts';
import { noSuchRelease, usage } from './cli.problems.ts';

export type Release = z.infer<typeof releaseSchema>;

/** A release by id or as SERVICE@VERSION (`shop@1.2.0`), or the newest of SERVICE. */
export async function findRelease(client: Client, name: string): Promise<Release> {
  if (isId('rel', name)) return client.call(getRelease, { params: { release: name } });
  const at = name.lastIndexOf('@');
  const service = at < 0 ? name : name.slice(0, at);
  const version = at < 0 ? undefined : name.slice(at + 1);
  if (!/^[a-z0-9-]{1,63}$/.test(service) || version === '') throw noSuchRelease({ name });
  const { items } = await client.call(listReleases, { query: { service, limit: 1, ...(version === undefined ? {} : { version }) } });
  const [release] = items;
  if (release === undefined) throw noSuchRelease({ name });
  return release;
}

/** `key=value` words as a record. */
export function keyValues(words: readonly string[] | undefined): Record<string, string> {
  const pairs = (words ?? []).map((word) => {
    const at = word.indexOf('=');
    if (at < 1)
      throw usage({ what: `"${word}" is not of the form KEY=VALUE.`, try: 'Write it as KEY=VALUE, for example --input level=full.' });
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  return Object.fromEntries(pairs);
}
