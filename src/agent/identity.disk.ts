import { join } from 'node:path';
import { registerAgent } from '../contract/agent.ts';
import { createClient } from '../host/client.http.ts';
import { alreadyRunning, notRegistered } from './agent.problems.ts';
import { loadJson, saveJson } from './files.disk.ts';
import { runs, startOf, type ProcessRef } from './proc.linux.ts';

export type AgentIdentity = { readonly agent: string; readonly name: string; readonly key: string };

/** The agent's key from its state folder; registers once with the single-use token where there is none. */
export async function identify(
  options: { readonly url: string; readonly name: string; readonly registration: string | null; readonly state: string },
  signal: AbortSignal,
): Promise<AgentIdentity> {
  const file = join(options.state, 'identity.json');
  const known = loadJson(file) as AgentIdentity | null;
  if (known !== null) return known;
  if (options.registration === null) throw notRegistered({ state: options.state });
  const client = createClient({ url: options.url, retries: 10 });
  const answer = await client.call(registerAgent, { body: { registration: options.registration, name: options.name } }, { signal });
  const identity = { agent: answer.agent, name: options.name, key: answer.key };
  saveJson(file, identity);
  return identity;
}

/** One agent per state folder: two would act on the same processes. Answers what gives the place up. */
export function lockState(state: string): () => void {
  const file = join(state, 'agent.pid.json');
  const holder = loadJson(file) as ProcessRef | null;
  if (holder !== null && holder.pid !== process.pid && runs(holder)) throw alreadyRunning({ pid: holder.pid });
  saveJson(file, { pid: process.pid, startedAt: startOf(process.pid) ?? '' });
  return () => saveJson(file, { pid: 0, startedAt: '' });
}
