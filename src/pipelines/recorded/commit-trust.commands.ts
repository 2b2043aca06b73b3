import type { Trust } from '../../contract/runner.ts';
import type { Service } from '../../catalog/service.ts';
import { resolveRef } from '../../host/git.run.ts';
import { Problem } from '../../kernel/problem.ts';
import { isRepositoryOf, type Told } from '../../kernel/told.ts';
import type { Floor } from '../../platform/floor.ts';
import { mirrorOf } from '../sources/mirror.commands.ts';
import { ensureSource } from '../sources/source.store.ts';
import { trustAt } from '../sources/start.commands.ts';
import { syncSource } from '../sources/sync.reactions.ts';
import { atLeast } from '../trust.ts';
import { trustOfWorkload } from './workload-trust.ts';

export type Stands = { readonly source: string | null; readonly trust: Trust };

/**
 * How far a recorded commit is known: by the verified claims of the workload that tells it, or by where it stands in our
 * own copy of the service's repository, whichever says more. What can't be found out is untrusted. Asks git, so it runs
 * outside of transactions.
 */
export async function commitTrust(
  floor: Floor,
  org: string,
  service: Service,
  at: { readonly commit: string; readonly ref: string | null },
  told: Told,
): Promise<Stands> {
  const { repository } = service;
  if (repository === null) return { source: null, trust: 'untrusted' };
  const claimed = told.workload !== null && isRepositoryOf(told.workload, repository.url);
  const byClaim = claimed && told.workload !== null ? trustOfWorkload(told.workload, at.commit, repository.branch) : 'untrusted';
  const { source, heardAt } = await floor.db.tx(org, async (tx) => ({
    source: await ensureSource(tx, repository.url),
    heardAt: await tx.now(),
  }));
  const mirror = mirrorOf(floor, source.id);
  const there = (): Promise<boolean> =>
    resolveRef(mirror, at.commit).then(
      () => true,
      () => false,
    );
  try {
    if (!(await there())) await syncSource(floor, org, source.id, { poll: false, heardAt });
    const byMirror = (await there()) ? await trustAt(mirror, service, at) : 'untrusted';
    return { source: source.id, trust: atLeast(byMirror, byClaim) ? byMirror : byClaim };
  } catch (error) {
    // A repository that can't be reached says nothing of the commit. What is recorded is kept all the same.
    if (!(error instanceof Problem)) throw error;
    floor.log.warn({ service: service.name, problem: error.code }, 'the repository of a recorded build could not be read');
    return { source: source.id, trust: byClaim };
  }
}
