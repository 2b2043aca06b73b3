import { branchAt } from '../artifacts/versions/repository.ts';
import { REPOSITORY_POLICY } from '../gates/policy/read-requirements.ts';
import { isAncestor, showFile } from '../host/git.run.ts';
import { historyReader } from '../host/git-history.run.ts';
import { readRefs } from '../host/git-refs.run.ts';
import { Problem } from '../kernel/problem.ts';
import { mirrorWith } from '../pipelines/mirror.api.ts';
import type { History, HistoryPort } from './history.port.ts';
import { noHistory } from './releases.problems.ts';

/** A policy file larger than this is not read. */
const POLICY_BYTES = 64 * 1024;

/** The history of a service, from this server's copy of its repository. */
export const mirrorHistory: HistoryPort = {
  async historyOf(tx, service, commit, branch) {
    const dir = service.repository === null ? null : await mirrorWith(tx, service.repository.url, commit);
    if (dir === null) throw noHistory({ service: service.name });
    const path = service.repository?.path ?? '.';
    const under = path === '.' || path === '';
    const policy = await policyFile(dir, commit, under ? REPOSITORY_POLICY : `${path}/${REPOSITORY_POLICY}`);
    const { refs } = await readRefs(dir);
    const own = service.repository?.branch ?? null;
    const head = refs.find((ref) => ref.ref === `refs/heads/${own}`)?.commit;
    const onTrunk = head !== undefined && (head === commit || (await isAncestor(dir, commit, head)));
    return { reader: historyReader(dir), refs, branch: branch ?? (onTrunk ? own : branchAt(refs, commit)), to: commit, policy };
  },
};

async function policyFile(dir: string, commit: string, file: string): Promise<History['policy']> {
  try {
    const bytes = await showFile(dir, commit, file, POLICY_BYTES);
    return bytes === null ? null : { source: bytes.toString('utf8').replaceAll('\0', '\ufffd') };
  } catch (error) {
    if (error instanceof Problem && error.code === 'git.too-much-output') return { source: null };
    throw error;
  }
}
