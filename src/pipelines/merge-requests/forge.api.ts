import { servicesWithRepository } from '../../catalog/catalog.queries.ts';
import { noteUnmapped, type Seen } from '../../identity/mapping/unmapped.api.ts';
import { system } from '../../kernel/actor.ts';
import { mergeRequestChanged } from '../pipelines.events.ts';
import type { ForgeSources, MergeRequestFact } from '../forge.port.ts';
import { syncTask } from '../sources/sync.reactions.ts';
import { hostOf } from './host.queries.ts';
import { allSources, closeMergeRequest, dueLooks, knownNumbers, saveMergeRequest, saveProtection } from './merge-request.store.ts';

/** What forges tell this slice: app/ hands it to them. */
export const forgeSources: ForgeSources = {
  async watched(tx) {
    const services = await servicesWithRepository(tx);
    return (await allSources(tx)).flatMap(({ id, url }) => {
      const branches = services.flatMap(({ repository }) => (repository?.url === url ? [repository.branch] : []));
      return branches.length === 0 ? [] : [{ id, url, branches: [...new Set(branches)] }];
    });
  },
  wake: (tx, source, heardAt) => tx.wake(syncTask.name, source, { source, poll: false, heardAt }),
  async save(tx, source, number, seen, at) {
    if (seen === null) return closeMergeRequest(tx, source, number, at);
    const saved = await saveMergeRequest(tx, source, seen, at);
    if (saved === null) return;
    const { id, before } = saved;
    if (before?.state === seen.state && before.head_commit === seen.head && before.merge_commit === seen.mergeCommit) return;
    const body = { source, number, state: seen.state, head: seen.head, mergeCommit: seen.mergeCommit, fork: seen.fork };
    await noteUnmapped(tx, namesOf(await hostOf(tx, source), seen));
    await tx.record(mergeRequestChanged, { subject: id, actor: system(tx.org, 'forges'), body });
  },
  known: knownNumbers,
  due: dueLooks,
  protection: (tx, source, branch, seen, at) => saveProtection(tx, source, branch, { ...seen, at }),
};

/** Who had a hand in it and who reviews it, by address and by login: those whom nobody here is stand on a page for an admin. Programs answer for nothing. */
function namesOf(host: string | null, { people }: MergeRequestFact): Seen[] {
  return people
    .filter(({ bot }) => !bot)
    .flatMap(({ role, login, name, email }): Seen[] => {
      const as = role === 'opened' || role === 'wrote' ? 'author' : 'reviewer';
      const byAddress: Seen[] = email === null ? [] : [{ host: null, value: email, name, role: as }];
      return login === null || host === null || email !== null ? byAddress : [{ host, value: login, name, role: as }];
    });
}
