import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { reportBreakGlass, type Act, type ActResult } from '../contract/agent.ts';
import { lineSchema, nameSchema } from '../contract/common.ts';
import type { Client } from '../host/client.http.ts';
import { newId } from '../host/ids.system.ts';
import { Problem } from '../kernel/problem.ts';
import { slotKey } from './acts.ts';
import { noWayBack } from './agent.problems.ts';
import { loadJson, saveJson, socketPath } from './files.disk.ts';
import { wayBack } from './slot.ts';
import type { Yardhand } from './yard.work.ts';

const askSchema = z.object({ service: nameSchema, environment: nameSchema, reason: lineSchema, operator: lineSchema });
export type BreakGlass = z.infer<typeof askSchema>;

/**
 * Goes back to the last version that this machine keeps, without the server. The three acts stand in the act log as
 * done by a person, and a report is kept until the server has taken it.
 */
export async function breakGlassRollback(state: string, hand: Yardhand, ask: BreakGlass): Promise<ActResult> {
  const key = slotKey(ask);
  const slot = hand.yard.slots.find(key);
  const target = slot === null ? null : wayBack(slot);
  if (slot === null || target === null) throw noWayBack({ service: ask.service, environment: ask.environment });
  const before = slot.instances.filter((record) => record.wanted === 'up');
  const from = before.find((record) => record.weight > 0) ?? null;
  const deployment = newId('dep');
  const token = Math.max(1, slot.token, hand.log.memory().tokens.get(key) ?? 0);
  const instance = `back-${deployment.slice(-12)}`;
  const act = (order: Act['order']): Act => ({
    act: newId('act'),
    deployment,
    service: ask.service,
    environment: ask.environment,
    token,
    order,
    startWithinMs: 0,
  });
  const { digest, version, release, run, configuration, dependsOn } = target;
  const orders: Act['order'][] = [
    { phase: 'start', instance, digest, version, release: release as `rel_${string}`, run, configuration, dependsOn: [...dependsOn] },
    { phase: 'weigh', weights: [{ instance, weight: 100 }], observe: false },
    { phase: 'stop', instances: before.map((record) => record.instance), drainMs: 5000 },
  ];
  let result: ActResult | null = null;
  let last = newId('act');
  for (const order of orders) {
    const next = act(order);
    result = await hand.perform(next, null, { breakGlass: true });
    last = next.act as typeof last;
    if (result.outcome !== 'succeeded') return result;
  }
  saveJson(join(state, 'break-glass', `${last}.json`), {
    act: last,
    ...ask,
    at: Date.now(),
    from: from === null ? null : { digest: from.digest, release: from.release },
    to: { digest, release },
    slot: hand.picture(key),
  });
  return result as ActResult;
}

/** Tells the server what was done without it, until it has taken it. */
export async function sendBreakGlass(state: string, client: Client, signal: AbortSignal): Promise<void> {
  const folder = join(state, 'break-glass');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const report = loadJson(join(folder, name)) as Parameters<typeof reportBreakGlass.body.parse>[0];
    await client.call(reportBreakGlass, { body: reportBreakGlass.body.parse(report) }, { signal, retries: 0 });
    rmSync(join(folder, name));
  }
}

/** The door for `yardmaster agent rollback` on the same machine: a socket that only the agent's user can open. */
export async function listenForBreakGlass(state: string, hand: Yardhand, say: (line: string) => void): Promise<() => void> {
  const socket = socketPath(state, 'agent.sock');
  rmSync(socket, { force: true });
  const server = createServer((incoming, answer) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => {
      if (parts.length < 64) parts.push(part);
    });
    incoming.on('end', () => {
      const work = async (): Promise<ActResult> => {
        const ask = askSchema.parse(JSON.parse(Buffer.concat(parts).toString('utf8')));
        say(`break-glass rollback of ${slotKey(ask)} by ${ask.operator}: ${ask.reason}`);
        return await breakGlassRollback(state, hand, ask);
      };
      work().then(
        (result) => answer.writeHead(200).end(JSON.stringify(result)),
        (error: unknown) =>
          answer.writeHead(error instanceof Problem ? error.status : 400).end(error instanceof Error ? error.message : String(error)),
      );
    });
  });
  await new Promise<void>((done) => server.listen(socket, done));
  return () => server.close();
}

/** Asks the agent that runs on this machine to go back; throws where none runs. */
export function askForRollback(state: string, ask: BreakGlass): Promise<ActResult> {
  return new Promise((done, fail) => {
    const outgoing = request({ socketPath: socketPath(state, 'agent.sock'), method: 'POST', path: '/rollback' }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if (answer.statusCode === 200) done(JSON.parse(text) as ActResult);
        else fail(new Error(text));
      });
    });
    outgoing.on('error', fail);
    outgoing.end(JSON.stringify(ask));
  });
}
