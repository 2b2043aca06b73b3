import type { Finding } from '../../contract/doctor.ts';
import { readCheckpoint } from '../../kernel/checkpoint.ts';
import { Problem } from '../../kernel/problem.ts';
import { between } from '../../kernel/time.ts';
import type { Floor } from '../../platform/floor.ts';
import { latestCheckpoint } from '../../platform/ledger/ledger.queries.ts';
import { logSize } from '../../platform/ledger/ledger.store.ts';
import { assertLedgerNotRewound } from '../../platform/ledger/sequencer.system.ts';
import { fail } from './finding.ts';
import { judgeDatabase, judgeInstance, type DatabaseFacts, type InstanceFacts } from './instance.ts';
import { databaseFacts, instanceFacts, strangersRows } from './instance.views.ts';
import { judgeMachine } from './machine.ts';
import { machineFacts } from './machine.system.ts';

/** Everything that is found on this server's machine, in its database and in its instance. Changes nothing. */
export async function diagnose(floor: Floor): Promise<Finding[]> {
  const machine = judgeMachine(await machineFacts(floor.config), Date.now());
  const database = await told('database', async () => judgeDatabase(await ofDatabase(floor)));
  const instance = await told('instance', async () => judgeInstance(await ofInstance(floor)));
  return [...machine, ...database, ...instance];
}

/** A check that can't be made is a finding too, and no reason to leave out the others. */
async function told(what: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) return [fail(what, error.sentence, error.remedy)];
    return [fail(what, `This could not be looked at: ${(error as Error).message.slice(0, 200)}.`, 'See the server’s log.')];
  }
}

async function ofDatabase(floor: Floor): Promise<DatabaseFacts> {
  const facts = await floor.db.read('*', (tx) => databaseFacts(tx));
  const seenByStranger = await floor.db.read('org_nobody', (tx) => strangersRows(tx));
  return { ...facts, seenByStranger, pool: floor.config.databasePool, skewMs: await skew(floor) };
}

/** The database's clock against ours, by the middle of the quickest of three questions. */
async function skew(floor: Floor): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, off: 0 };
  for (let at = 0; at < 3; at += 1) {
    const [began, wall] = [performance.now(), Date.now()];
    const { now } = await floor.db.read('*', async (tx) => tx.one<{ now: string }>(`select clock_timestamp() as now`));
    const took = performance.now() - began;
    if (took < best.took) best = { took, off: Date.parse(now) - (wall + took / 2) };
  }
  return Math.round(best.off);
}

async function ofInstance(floor: Floor): Promise<InstanceFacts> {
  const rest = await floor.db.read('*', (tx) => instanceFacts(tx));
  return { ...rest, ledger: await ofLedger(floor, rest.now) };
}

async function ofLedger(floor: Floor, now: string): Promise<InstanceFacts['ledger']> {
  const problem = await assertLedgerNotRewound(floor).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Problem) return error.sentence;
      throw error;
    },
  );
  return floor.db.read('*', async (tx) => {
    const newest = await latestCheckpoint(tx);
    const waiting = await tx.one<{ n: number; oldest: string | null }>(
      `select count(*) as n, min(f.at) as oldest from ledger_pending p join fact f on f.id = p.fact_row`,
    );
    const read = newest === null ? null : readCheckpoint(newest.note, floor.keys.all);
    return {
      problem,
      size: await logSize(tx),
      checkpointAt: newest?.at ?? null,
      verifies: read === null ? null : read.ok && read.checkpoint.size === newest?.size,
      waiting: waiting.n,
      oldestWaitingMs: waiting.oldest === null ? 0 : Math.max(0, between(waiting.oldest, now)),
    };
  });
}
