import type { z } from 'zod';
import { commitSchema, digestSchema } from '../contract/common.ts';
import type { Client } from '../host/client.http.ts';
import { isId } from '../kernel/id.ts';
import { Problem } from '../kernel/problem.ts';
import type { releaseSchema } from '../contract/releases.ts';
import { noSuch, noSuchRelease, usage } from './cli.problems.ts';

export type Release = z.infer<typeof releaseSchema>;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A release by id or as SERVICE@VERSION (`shop@1.2.0`), or the newest of SERVICE. */
export async function findRelease(client: Client, name: string): Promise<Release> {
  const { getRelease, listReleases } = await import('../contract/releases.ts');
  if (isId('rel', name)) return client.call(getRelease, { params: { release: name } });
  const at = name.lastIndexOf('@');
  const service = at < 0 ? name : name.slice(0, at);
  const version = at < 0 ? undefined : name.slice(at + 1);
  if (!NAME.test(service) || version === '' || (version?.length ?? 0) > 100) throw noSuchRelease({ name });
  const { items } = await client.call(listReleases, { query: { service, limit: 1, ...(version === undefined ? {} : { version }) } });
  const [release] = items;
  if (release === undefined) throw noSuchRelease({ name });
  return release;
}

/** The id of a run: itself, or that of the newest run of SERVICE. */
export async function findRun(client: Client, name: string): Promise<string> {
  if (isId('run', name)) return name;
  const { listRuns } = await import('../contract/pipelines.ts');
  const known = NAME.test(name) ? (await client.call(listRuns, { query: { service: name, limit: 1 } })).items[0] : undefined;
  if (known === undefined)
    throw noSuch({ what: `There is no run ${name}.`, try: 'Give a run id, or a service for its newest run: ym run list' });
  return known.id;
}

/** The id of a deployment: itself, or that of the newest one of RELEASE/ENVIRONMENT (`shop@1.2.0/prod`, `shop/prod`). */
export async function findDeployment(client: Client, name: string): Promise<string> {
  if (isId('dep', name)) return name;
  const { listDeployments } = await import('../contract/deployments.ts');
  const slash = name.lastIndexOf('/');
  const hint = {
    what: `There is no deployment ${name}.`,
    try: 'Give a deployment id, or RELEASE/ENVIRONMENT (shop@1.2.0/prod): ym deployment list',
  };
  if (slash < 0 || !NAME.test(name.slice(slash + 1))) throw noSuch(hint);
  const environment = name.slice(slash + 1);
  const what = name.slice(0, slash);
  const query = NAME.test(what) ? { service: what } : { release: (await findRelease(client, what)).id };
  const [newest] = (await client.call(listDeployments, { query: { ...query, environment, limit: 1 } })).items;
  if (newest === undefined) throw noSuch(hint);
  return newest.id;
}

/** The id of a person: itself, or that of whom an e-mail address belongs to. */
export async function findPerson(client: Client, name: string): Promise<string> {
  if (isId('per', name)) return name;
  const { listPeople } = await import('../contract/identity.ts');
  const wanted = name.toLowerCase();
  const person = (await client.call(listPeople)).items.find((one) => one.emails.includes(wanted));
  if (person === undefined) throw noSuch({ what: `There is no person with the address ${name}.`, try: 'See who there is: ym person list' });
  return person.id;
}

/**
 * Puts names where ids of persons stand, as far as the caller may see the list of people; else texts stay as they are.
 */
export async function namesOf(client: Client): Promise<(text: string) => string> {
  const { listPeople } = await import('../contract/identity.ts');
  const people = await client.call(listPeople).catch((error: unknown) => {
    if (error instanceof Problem && error.status === 403) return null;
    throw error;
  });
  const names = new Map((people?.items ?? []).map((person) => [person.id, person.name]));
  return (text) => text.replaceAll(/\bper_[0-9a-f]{32}\b/g, (id) => names.get(id) ?? id);
}

/** A digest as it must be written, or a problem. */
export function digestOf(text: string): string {
  if (!digestSchema.safeParse(text).success)
    throw usage({ what: `"${text}" is no digest.`, try: 'Write it as sha256: and 64 hex digits; ym artifact list shows them.' });
  return text;
}

/** A commit as the server takes it: whole. */
export function commitOf(text: string | undefined): string | undefined {
  if (text !== undefined && !commitSchema.safeParse(text).success)
    throw usage({ what: `"${text}" is no full commit id.`, try: 'Give all 40 digits: git rev-parse HEAD' });
  return text;
}

/** A whole number of an option, within bounds. */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw usage({ what: `${option} is "${text}".`, try: `Give a whole number from ${min} to ${max}.` });
  return value;
}

/** One of a few words of an option. */
export function oneOf<const Words extends readonly string[]>(option: string, text: string, words: Words): Words[number] {
  if (!words.includes(text)) throw usage({ what: `${option} is "${text}".`, try: `Give one of: ${words.join(', ')}.` });
  return text;
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
