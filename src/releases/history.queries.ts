import { listTags, readCommits } from '../host/git.run.ts';
import { mirrorWith } from '../pipelines/mirror.api.ts';
import type { HistoryPort } from './history.port.ts';
import { noHistory } from './releases.problems.ts';

/** More commits than this are not read: the version before is found long before. */
const MOST = 20_000;

/** The history of a service, from this server's copy of its repository. */
export const mirrorHistory: HistoryPort = {
  async historyOf(tx, service, commit) {
    const dir = service.repository === null ? null : await mirrorWith(tx, service.repository.url, commit);
    if (dir === null) throw noHistory({ service: service.name });
    const path = service.repository?.path ?? '.';
    const under = path === '.' || path === '';
    const [commits, tags, touching] = await Promise.all([
      readCommits(dir, { to: commit, limit: MOST }),
      listTags(dir),
      under ? null : readCommits(dir, { to: commit, paths: [path], limit: MOST }),
    ]);
    return { commits, tags, touching: touching === null ? null : new Set(touching.map((one) => one.id)) };
  },
};
