import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { registerRunner, TRUST } from '../contract/runner.ts';
import { createClient } from '../host/client.http.ts';
import { startTicks } from '../host/process.run.ts';
import { alreadyRuns, notRegistered, otherServer } from './runner.problems.ts';

const identitySchema = z.object({
  url: z.string(),
  name: z.string(),
  runner: z.string(),
  key: z.string(),
  pool: z.string(),
  trust: z.enum(TRUST),
  planKeys: z.array(z.object({ keyId: z.string(), publicKeyPem: z.string() })).min(1),
});

/** Who this runner is, and the keys whose plans it runs: pinned at registration, never learned later. */
export type Identity = z.infer<typeof identitySchema>;

export type Registering = { readonly url: string; readonly name: string; readonly registration: string | null; readonly state: string };

/** The identity kept in the state folder; registers once where there is none. */
export async function identify(options: Registering, signal: AbortSignal): Promise<Identity> {
  const file = join(options.state, 'runner.json');
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) {
    const identity = identitySchema.parse(JSON.parse(kept));
    if (identity.url !== options.url) throw otherServer({ url: options.url, known: identity.url });
    return identity;
  }
  if (options.registration === null) throw notRegistered({ state: options.state });
  const client = createClient({ url: options.url, retries: 10 });
  const answer = await client.call(registerRunner, { body: { registration: options.registration, name: options.name } }, { signal });
  const identity = { ...answer, url: options.url, name: options.name };
  await writePrivate(file, `${JSON.stringify(identity, null, 2)}\n`);
  return identity;
}

/** Makes the state folder and takes it for this process; answers what gives it back. */
export async function takeState(state: string): Promise<() => Promise<void>> {
  await mkdir(state, { recursive: true, mode: 0o700 });
  const file = join(state, 'pid');
  const [pid = '', ticks = ''] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
  if (/^\d+$/.test(pid) && Number(pid) !== process.pid && (await startTicks(Number(pid))) === ticks)
    throw alreadyRuns({ state, pid: Number(pid) });
  await writePrivate(file, `${process.pid} ${(await startTicks(process.pid)) ?? '?'}`);
  return () => rm(file, { force: true });
}

/** Written whole or not at all, readable by this user only. */
async function writePrivate(file: string, text: string): Promise<void> {
  const next = `${file}.next`;
  await rm(next, { force: true });
  await writeFile(next, text, { mode: 0o600, flag: 'wx' });
  const handle = await open(next, 'r');
  await handle.sync();
  await handle.close();
  await rename(next, file);
}
