import type { Environment } from '../catalog/environment.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { loadInputs } from './inputs.queries.ts';
import type { ReleaseRow } from './releases.queries.ts';

/** Refuses what was decided about another intent than the one that stands now; null: nothing was seen, nothing is compared. */
export async function mustStillMean(
  tx: Tx,
  release: Pick<ReleaseRow, 'id' | 'versionName'>,
  environment: Pick<Environment, 'id' | 'name'>,
  seen: string | null,
): Promise<void> {
  if (seen === null) return;
  const loaded = await loadInputs(tx, { releaseId: release.id, environmentId: environment.id, purpose: 'deploy', deploymentId: null });
  const now = loaded === null || loaded === 'no-environment' ? null : loaded.inputs.approvals.intent;
  if (now !== seen) throw stale({ what: `What ${release.versionName} would bring to ${environment.name}` });
}
