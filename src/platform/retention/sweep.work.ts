import { system } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../floor.ts';
import { thingsRemoved } from './retention.events.ts';
import type { BlobNames, RetentionRule } from './retention.port.ts';
import { forgetUnnamed, lockUnnamed, noteUnnamed, organisations, ruleRows } from './retention.store.ts';

export const RETENTION_TASK = 'platform.retention';
const DAY_MS = 86_400_000;
const AT_ONCE = 200;
/** Each batch asks every table that names bytes: a few large ones cost less than many small. */
const DIGESTS_AT_ONCE = 2000;
/** Bytes stay this long after the last row named them: whoever stored the same again meanwhile has named them by then. */
const UNNAMED_MS = DAY_MS;

export type Parts = {
  readonly rules: readonly RetentionRule[];
  readonly names: readonly BlobNames[];
  /** Of digests those whose artifact is removed everywhere. */
  readonly removed: (tx: Tx, digests: readonly string[]) => Promise<readonly string[]>;
};

/** Since when a rule's things are too old: the organisation's own days, or the program's. */
export async function limitOf(
  tx: Tx,
  rule: RetentionRule,
): Promise<{ readonly days: number; readonly before: Instant; readonly keep: number | undefined }> {
  const row = (await ruleRows(tx)).find((one) => one.what === rule.what);
  const days = row?.days ?? rule.days;
  return { days, keep: rule.keep === undefined ? undefined : (row?.keep ?? rule.keep), before: plus(await tx.now(), -days * DAY_MS) };
}

/** Applies every rule to one organisation, then deletes bytes that nobody named for a day. Harmless to run twice or at once. */
export function retentionTask(parts: Parts): Task {
  return {
    name: RETENTION_TASK,
    async run(floor, _payload, org) {
      for (const rule of parts.rules) await apply(floor, org, rule);
      while ((await deleteUnnamed(floor, org, parts)) > 0);
    },
  };
}

async function apply(floor: Floor, org: string, rule: RetentionRule): Promise<void> {
  let things = 0;
  for (;;) {
    const swept = await floor.db.tx(org, async (tx) => {
      const { before, keep } = await limitOf(tx, rule);
      const batch = await rule.remove(tx, before, AT_ONCE, keep);
      await noteUnnamed(tx, rule.what, batch.digests);
      return batch.things;
    });
    things += swept;
    if (swept === 0) break;
  }
  if (things === 0) return;
  await floor.db.tx(org, async (tx) => {
    const { days } = await limitOf(tx, rule);
    await tx.record(thingsRemoved, { subject: org, actor: system(org, 'retention'), body: { what: rule.what, things, days } });
  });
}

/** One batch; answers how many digests were looked at. What is named again by now stays. */
async function deleteUnnamed(floor: Floor, org: string, parts: Parts): Promise<number> {
  return floor.db.tx(org, async (tx) => {
    const digests = await lockUnnamed(tx, plus(await tx.now(), -UNNAMED_MS), DIGESTS_AT_ONCE);
    if (digests.length === 0) return 0;
    const unneeded = await notNamed(floor, digests, parts);
    // Where this transaction does not commit, the bytes are gone and the note stays: the next round finds nothing to delete.
    for (const digest of unneeded) await floor.blobs.remove(digest as Digest, UNNAMED_MS);
    await forgetUnnamed(tx, digests);
    return digests.length;
  });
}

/** Those of these digests that no row of any organisation names. */
export async function notNamed(
  floor: Floor,
  digests: readonly string[],
  { names, removed }: Pick<Parts, 'names' | 'removed'>,
): Promise<string[]> {
  return floor.db.read('*', async (tx) => {
    const without = async (left: readonly string[], ask: BlobNames['named'] | undefined): Promise<readonly string[]> => {
      if (left.length === 0 || ask === undefined) return left;
      const kept = new Set(await ask(tx, left));
      return left.filter((digest) => !kept.has(digest));
    };
    let left: readonly string[] = digests;
    for (const one of names) left = await without(left, one.named);
    const gone = new Set(left.length === 0 ? [] : await removed(tx, left));
    let asked: readonly string[] = left.filter((digest) => !gone.has(digest));
    for (const one of names) asked = await without(asked, one.asArtifact);
    const free = new Set(asked);
    return left.filter((digest) => gone.has(digest) || free.has(digest));
  });
}

/** Wakes each organisation's round when the day of the database's clock changes, and once after a start: a round that finds nothing to do is cheap. */
export function retentionSweeper(): Sweeper {
  let day = '';
  return {
    name: 'platform.retention',
    async sweep(tx) {
      const today = (await tx.now()).slice(0, 10);
      if (today === day) return;
      for (const org of await organisations(tx)) await tx.wake(RETENTION_TASK, org, { org });
      tx.afterCommit(() => (day = today));
    },
  };
}
