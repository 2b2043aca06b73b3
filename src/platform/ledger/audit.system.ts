import { canonicalFact } from '../../kernel/canonical.ts';
import { leafHash, rootOf, sameHash, type Hash } from '../../kernel/merkle.ts';
import { readCheckpoint } from '../../kernel/checkpoint.ts';
import type { Floor, Row, Tx } from '../floor.ts';

/** What is wrong, and at which position of the log (null: not at one). */
export type Finding = { readonly position: number | null; readonly why: string };
export type LedgerAudit = { readonly entries: number; readonly checkpoints: number; readonly findings: readonly Finding[] };

const BATCH = 2000;

/**
 * Reads the whole ledger again and compares everything with everything: each fact's columns with its leaf, each leaf
 * with its place, each signed checkpoint with the root over the entries it covers, and looks for facts without a place.
 * Names each position at which something was changed. Reads everything: for operators and tests, not for requests.
 */
export async function auditLedger(floor: Floor): Promise<LedgerAudit> {
  return floor.db.read('*', async (tx) => {
    const findings: Finding[] = [];
    const hashes: Hash[] = [];
    for (;;) {
      const rows = await entriesFrom(tx, hashes.length);
      for (const row of rows) {
        const why = judge(row, hashes.length);
        if (why !== null) findings.push({ position: hashes.length, why });
        hashes.push(row.hash);
        if (row.seq !== hashes.length - 1) return { entries: hashes.length, checkpoints: 0, findings };
      }
      if (rows.length < BATCH) break;
    }
    findings.push(...(await unplaced(tx)));
    const checked = await checkpointFindings(floor, tx, hashes);
    return { entries: hashes.length, checkpoints: checked.count, findings: [...findings, ...checked.findings] };
  });
}

type Entry = {
  readonly seq: number;
  readonly hash: Hash;
  readonly leaf: Uint8Array;
  readonly id: string;
  readonly org: string;
  readonly type: string;
  readonly subject: string;
  readonly service: string | null;
  readonly actor: string;
  readonly at: string;
  readonly body: unknown;
};

async function entriesFrom(tx: Tx, from: number): Promise<Entry[]> {
  return tx.query<Entry & Row>(
    `select e.seq, e.leaf_hash as hash, f.leaf, f.fact_id as id, f.org_id as org, f.type, f.subject, f.service_id as service, f.actor, f.at, f.body
     from ledger_entry e join fact f on f.id = e.fact_row where e.seq >= $1 order by e.seq limit $2`,
    [from, BATCH],
  );
}

function judge({ seq, hash, leaf, ...columns }: Entry, expected: number): string | null {
  if (seq !== expected) return `the entry is gone; the next one is ${seq}`;
  if (!sameHash(leafHash(leaf), hash)) return `the fact ${columns.id} is not the one that was placed here`;
  if (canonicalFact({ v: 1, ...columns }) !== Buffer.from(leaf).toString('utf8'))
    return `the columns of ${columns.id} differ from what was signed`;
  return null;
}

async function unplaced(tx: Tx): Promise<Finding[]> {
  const rows = await tx.query<{ id: string }>(
    `select f.fact_id as id from fact f
     where not exists (select from ledger_entry e where e.fact_row = f.id) and not exists (select from ledger_pending p where p.fact_row = f.id)
     order by f.id limit 100`,
  );
  return rows.map(({ id }) => ({ position: null, why: `the fact ${id} has no place in the log and waits for none` }));
}

async function checkpointFindings(
  floor: Floor,
  tx: Tx,
  hashes: readonly Hash[],
): Promise<{ readonly count: number; readonly findings: Finding[] }> {
  const rows = await tx.query<{ size: number; note: string; root: Hash }>(
    'select size, note, root from ledger_checkpoint order by at, size',
  );
  // Each costs a pass over the whole log; the newest ones cover all that the older ones do.
  const recent = rows.slice(-5);
  const findings = recent.flatMap(({ size, note, root }): Finding[] => {
    const read = readCheckpoint(note, floor.keys.all);
    if (!read.ok) return [{ position: null, why: `the checkpoint of ${size} entries: ${read.why}` }];
    if (read.checkpoint.size !== size || !sameHash(read.checkpoint.root, root))
      return [{ position: null, why: `the checkpoint of ${size} entries is filed under other values` }];
    if (size > hashes.length)
      return [{ position: hashes.length, why: `the log was cut: ${size} entries were signed, ${hashes.length} are left` }];
    return sameHash(rootOf(hashes.slice(0, size)), root)
      ? []
      : [{ position: null, why: `the entries are not those that were signed at size ${size}` }];
  });
  return { count: recent.length, findings };
}
