import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import type { AgentRun } from '../contract/agent.ts';
import { marked, endGroup, runs, startOf, type ProcessRef } from './proc.linux.ts';
import type { InstanceRecord, SlotRecord } from './slot.ts';

/** The variable by which a process is found again after a crash between its start and the record of it. */
export const MARK = 'YARDMASTER_INSTANCE';

export function markOf(slot: Pick<SlotRecord, 'service' | 'environment'>, instance: string, state: string): string {
  return `${state}:${slot.environment}/${slot.service}/${instance}`;
}

/** A free loopback port. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address !== null ? done(address.port) : fail(new Error('no port'))));
    });
  });
}

/** The whole environment of a service: what is listed here and nothing of the agent's own. */
export function environmentOf(run: AgentRun, port: number, rest: Readonly<Record<string, string>>): Record<string, string> {
  return {
    // The Node that runs the agent is the one that services find first.
    PATH: [dirname(process.execPath), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter),
    LANG: 'C.UTF-8',
    ...run.env,
    ...rest,
    [run.portEnv]: String(port),
  };
}

/** Starts the process detached, in its own group, its output into `instance.log` beside its folder. */
export function launch(folder: string, run: AgentRun, env: Readonly<Record<string, string>>): ProcessRef {
  const [program = '', ...args] = run.command;
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(dirname(folder), 'instance.log'), 'a', 0o600);
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  if (child.pid === undefined) throw new Error(`\`${program}\` could not be started: is it installed on this machine?`);
  return { pid: child.pid, startedAt: startOf(child.pid) ?? 'gone' };
}

/** Whether GET `path` answers 2xx within a second; else why not. */
export function healthy(port: number, path: string): Promise<{ readonly ok: boolean; readonly why: string }> {
  return new Promise((done) => {
    const asked = get({ host: '127.0.0.1', port, path, timeout: 1000, agent: false }, (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      done({ ok: status >= 200 && status < 300, why: `${path} answered ${status}` });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer within 1 s')));
    asked.on('error', (error) => done({ ok: false, why: `${path}: ${error.message}` }));
  });
}

/** Waits until the instance is healthy; answers null, or why it is not. */
export async function ready(process: ProcessRef, port: number, run: AgentRun): Promise<string | null> {
  const until = performance.now() + run.readyWithinMs;
  let why = '';
  while (performance.now() < until) {
    if (!runs(process)) return `the process ended before it was healthy${why === '' ? '' : ` (${why})`}`;
    const health = await healthy(port, run.health);
    // Asked again afterwards: another process could answer on the port.
    if (health.ok && runs(process)) return null;
    why = health.why;
    await new Promise((wake) => setTimeout(wake, 40));
  }
  return `not healthy within ${run.readyWithinMs} ms: ${why}`;
}

/** Ends every process of an instance, also those that no record names. */
export async function endInstance(
  slot: SlotRecord,
  record: Pick<InstanceRecord, 'instance' | 'process'>,
  state: string,
  graceMs: number,
): Promise<void> {
  if (record.process !== null) await endGroup(record.process, graceMs);
  for (const left of marked(MARK, markOf(slot, record.instance, state))) await endGroup(left, graceMs);
}
