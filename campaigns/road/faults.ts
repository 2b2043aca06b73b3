import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answering, type Instance } from './instance.ts';
import type { Daemon } from './processes.ts';
import type { Random } from './random.ts';
import { STAGES, type Stage, type Stages } from './stages.ts';

/** When who is killed, for how long it is away, and whether it is killed again while it recovers. Paused ones come back with what they had in hand; deafened, nobody hears the answers to what the server did. */
export type Kill = {
  readonly how: 'kill' | 'pause' | 'deafen';
  /** Counted from this place of the road; null: from its beginning. */
  readonly stage: Stage | null;
  readonly afterMs: number;
  readonly who: readonly string[];
  readonly awayMs: number;
  readonly againMs: number | null;
};

/** Longer than a lease lasts here. */
const LEASE_OVER_MS = 2600;

/** One to three faults within `spanMs`, by the seed. */
export function planKills(random: Random, spanMs: number): Kill[] {
  const victims = ['server-1', 'runner', 'agent'];
  return Array.from({ length: 1 + random.pick(3) }, () => {
    const first = random.one(victims);
    const second = random.once(4) ? random.one(victims.filter((name) => name !== first)) : null;
    const who = second === null ? [first] : [first, second];
    const stage = random.once(3) ? null : random.one(STAGES);
    // A server that is paused has another one beside it: that is a campaign of its own.
    const how = random.once(3) ? 'deafen' : random.once(4) && !who.includes('server-1') ? 'pause' : 'kill';
    return {
      how,
      stage,
      afterMs: stage === null ? random.pick(spanMs) : random.pick(900),
      who,
      awayMs:
        how === 'deafen'
          ? 50 + random.pick(600)
          : how === 'pause'
            ? LEASE_OVER_MS + random.pick(1500)
            : random.once(3)
              ? 0
              : random.pick(1500),
      againMs: how === 'kill' && random.once(4) ? 30 + random.pick(900) : null,
    } as const;
  }).sort((one, other) => place(one) - place(other) || one.afterMs - other.afterMs);
}

/** The order of the road; what only goes by time comes first. */
function place(kill: { readonly stage: Stage | null }): number {
  return kill.stage === null ? -1 : STAGES.indexOf(kill.stage);
}

export function daemonsOf(instance: Instance): readonly Daemon[] {
  return [...instance.servers, instance.runner, instance.agent];
}

/** Carries the kills out, one after the other, and leaves everything running. */
export async function killAll(instance: Instance, kills: readonly Kill[], stages: Stages): Promise<void> {
  const began = performance.now();
  for (const kill of kills) {
    if (kill.stage !== null) await stages.reached(kill.stage);
    await sleep(kill.stage === null ? Math.max(0, kill.afterMs - (performance.now() - began)) : kill.afterMs);
    const daemons = daemonsOf(instance).filter((daemon) => kill.who.includes(daemon.name));
    if (kill.how === 'deafen') {
      instance.journal.note('deafened', { ms: kill.awayMs });
      await instance.balancer.deafen(kill.awayMs);
    } else if (kill.how === 'pause') await pause(instance, daemons, kill.awayMs);
    else await cycle(instance, daemons, kill.awayMs);
    if (kill.againMs === null) continue;
    await sleep(kill.againMs);
    await cycle(instance, daemons, 0);
  }
  instance.journal.note('faults-ended', { kills: kills.length });
}

async function cycle(instance: Instance, daemons: readonly Daemon[], awayMs: number): Promise<void> {
  await Promise.all(daemons.map((daemon) => daemon.kill()));
  instance.journal.note('killed', { who: daemons.map((daemon) => daemon.name) });
  await sleep(awayMs);
  for (const daemon of daemons) daemon.start();
  instance.journal.note('started', { who: daemons.map((daemon) => daemon.name) });
  for (const daemon of daemons) void noteReady(instance, daemon);
}

async function pause(instance: Instance, daemons: readonly Daemon[], awayMs: number): Promise<void> {
  const who = daemons.map((daemon) => daemon.name);
  for (const daemon of daemons) daemon.signal('SIGSTOP');
  instance.journal.note('paused', { who });
  await sleep(awayMs);
  for (const daemon of daemons) daemon.signal('SIGCONT');
  instance.journal.note('started', { who, how: 'resumed' });
}

/** When a server answers again is what timers are measured from. */
async function noteReady(instance: Instance, daemon: Daemon): Promise<void> {
  const at = instance.servers.indexOf(daemon);
  if (at < 0) return;
  await answering(instance.ports[at] ?? 0, 30_000, '').then(
    () => instance.journal.note('ready', { who: daemon.name }),
    // Killed again meanwhile: the next start notes it.
    () => undefined,
  );
}

/** All servers answer; throws where a process ended by itself, which none ever should. */
export async function everybodyWell(instance: Instance): Promise<void> {
  for (const [at, server] of instance.servers.entries()) {
    if (!server.running()) server.start();
    await answering(instance.ports[at] ?? 0, 30_000, join(instance.folder, `${server.name}.log`));
  }
  const surprises = daemonsOf(instance).flatMap((daemon) => daemon.surprises());
  if (surprises.length > 0) throw new Error(`${surprises.join('; ')}; see ${instance.folder}/*.log`);
}
