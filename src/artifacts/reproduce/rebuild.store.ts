import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

/** A rebuild that was asked for: building, compared (see its reproduction), or failed for a reason in words. */
export type RebuildRow = {
  readonly id: string;
  readonly artifactId: string;
  readonly digest: Digest;
  readonly run: string;
  readonly anyRunner: boolean;
  readonly requestedBy: string;
  readonly at: Instant;
} & (
  | { readonly state: 'building'; readonly why: null; readonly reproduction: null }
  | { readonly state: 'compared'; readonly why: null; readonly reproduction: string }
  | { readonly state: 'failed'; readonly why: string; readonly reproduction: null }
);

const COLUMNS = `id, artifact_id as "artifactId", digest, run_id as run, any_runner as "anyRunner", state, why, reproduction_id as reproduction,
  requested_by as "requestedBy", at`;

/** Keeps that a run builds an artifact again; where that was kept before, what is there. */
export async function keepRebuild(tx: Tx, row: Omit<RebuildRow, 'state' | 'why' | 'reproduction'>): Promise<RebuildRow> {
  await tx.write(
    `insert into rebuild (id, org_id, artifact_id, digest, run_id, any_runner, state, requested_by, at)
     values ($1, $2, $3, $4, $5, $6, 'building', $7, $8) on conflict (run_id) do nothing`,
    [row.id, tx.org, row.artifactId, row.digest, row.run, row.anyRunner, row.requestedBy, row.at],
  );
  return tx.one<RebuildRow>(`select ${COLUMNS} from rebuild where run_id = $1`, [row.run]);
}

/** The rebuild that a run makes; null: it makes none. */
export function rebuildOf(tx: Tx, run: string): Promise<RebuildRow | null> {
  return tx.maybe<RebuildRow>(`select ${COLUMNS} from rebuild where run_id = $1`, [run]);
}

/** Says how a rebuild ended; once. */
export async function endRebuild(tx: Tx, id: string, end: { readonly reproduction: string } | { readonly why: string }): Promise<boolean> {
  const [state, reproduction, why] = 'why' in end ? ['failed', null, end.why] : ['compared', end.reproduction, null];
  return (
    (await tx.write(`update rebuild set state = $2, reproduction_id = $3, why = $4 where id = $1 and state = 'building'`, [
      id,
      state,
      reproduction,
      why,
    ])) === 1
  );
}

/** The rebuilds of an artifact that were asked for, newest first. */
export function rebuildsOf(tx: Tx, digest: string): Promise<RebuildRow[]> {
  return tx.query(`select ${COLUMNS} from rebuild where org_id = $1 and digest = $2 order by at desc, id desc limit 100`, [tx.org, digest]);
}
