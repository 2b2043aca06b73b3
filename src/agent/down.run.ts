import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { slotKey } from './acts.ts';
import { noAgentState, notConfirmed, stillRuns } from './agent.problems.ts';
import { downOrder, upIn, type DownReport } from './down.ts';
import { runningRouter, standDown, straysOf } from './down.work.ts';
import { askAgent } from './door.work.ts';
import { loadJson } from './files.disk.ts';
import { lockState } from './identity.disk.ts';
import { runs, type ProcessRef } from './proc.linux.ts';
import { openSlots } from './slots.disk.ts';
import { openYard } from './yard.work.ts';

/** How long an agent that was told to stand down may go on, and then how long after SIGTERM. */
const AGENT_MS = 60_000;
const GRACE_MS = 10_000;

/**
 * `yardmaster agent down`: stops everything that the agent of this state folder runs on this machine, the agent too.
 * One that runs does it itself, so that nothing starts meanwhile; without one, or where it hangs, this process does it
 * from the state files. Throws where `yes` is false and there is something to stop, and where something could not be ended.
 */
export async function downOnMachine({ state, yes }: { readonly state: string; readonly yes: boolean }): Promise<DownReport> {
  if (!existsSync(join(state, 'agent.pid.json'))) throw noAgentState({ state });
  const agent = agentOf(state);
  const running = downOrder(openSlots(join(state, 'slots')).all()).flat();
  const strays = straysOf(state);
  if (agent === null && running.length === 0 && strays.length === 0) return { slots: [], strays: 0, left: [] };
  if (!yes) {
    const services = running.map((slot) => `${slotKey(slot)} (${upIn(slot).join(', ')})`);
    throw notConfirmed({
      what: [...(agent === null ? [] : [`the agent ${agent.pid}`]), ...services, `${strays.length} processes`].join(', '),
    });
  }
  const asked = agent === null ? null : await endAgent(state, agent);
  const report = await fromFiles(state);
  const all: DownReport = {
    slots: [...(asked?.slots ?? []), ...report.slots],
    strays: (asked?.strays ?? 0) + report.strays,
    left: report.left,
  };
  if (all.left.length > 0) throw stillRuns({ pids: all.left });
  return all;
}

function agentOf(state: string): ProcessRef | null {
  const holder = loadJson(join(state, 'agent.pid.json')) as ProcessRef | null;
  return runs(holder) ? holder : null;
}

/** Asks the agent to stop everything and itself, and sees to it that it is gone; null where it did not answer. */
async function endAgent(state: string, agent: ProcessRef): Promise<DownReport | null> {
  const late = sleep(AGENT_MS, null, { ref: false });
  const asked = await Promise.race([askAgent(state, '/down', {}).catch(() => null), late]);
  if (asked !== null && (await ended(agent, GRACE_MS))) return asked as DownReport;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    // Only the agent itself: it may share its group with whoever started it.
    if (runs(agent)) process.kill(agent.pid, signal);
    if (await ended(agent, GRACE_MS)) break;
  }
  return asked as DownReport | null;
}

async function ended(agent: ProcessRef, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (runs(agent)) {
    if (performance.now() > until) return false;
    await sleep(25);
  }
  return true;
}

async function fromFiles(state: string): Promise<DownReport> {
  const release = lockState(state);
  const hand = await openYard(state, await runningRouter(state));
  try {
    return await standDown(state, hand);
  } finally {
    await hand.close();
    release();
  }
}
