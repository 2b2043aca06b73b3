import { REPOSITORY_POLICY } from '../gates/policy/read-requirements.ts';
import { listTags, readCommits, showFile } from '../host/git.run.ts';
import { Problem } from '../kernel/problem.ts';
import { mirrorWith } from '../pipelines/mirror.api.ts';
import type { History, HistoryPort } from './history.port.ts';
import { noHistory } from './releases.problems.ts';

/** More commits than this are not read: the version before is found long before. */
const MOST = 20_000;
/** A policy file larger than this is not read. */
const POLICY_BYTES = 64 * 1024;

/** The history of a service, from this server's copy of its repository. */
export const mirrorHistory: HistoryPort = {
  async historyOf(tx, service, commit) {
    const dir = service.repository === null ? null : await mirrorWith(tx, service.repository.url, commit);
    if (dir === null) throw noHistory({ service: service.name });
    const path = service.repository?.path ?? '.';
    const under = path === '.' || path === '';
    const [commits, tags, touching, policy] = await Promise.all([
      readCommits(dir, { to: commit, limit: MOST }),
      listTags(dir),
      under ? null : readCommits(dir, { to: commit, paths: [path], limit: MOST }),
      policyFile(dir, commit, under ? REPOSITORY_POLICY : `${path}/${REPOSITORY_POLICY}`),
    ]);
    return { commits, tags, touching: touching === null ? null : new Set(touching.map((one) => one.id)), policy };
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
