import { serviceByName } from '../../catalog/catalog.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { endHooksAbout, makeHook } from '../../platform/hooks/hook.commands.ts';
import type { Taker } from '../../platform/hooks/taker.port.ts';
import { hookMade } from '../pipelines.events.ts';
import { noRepository, noSuchService } from '../pipelines.problems.ts';
import { ensureSource } from './source.store.ts';
import { syncTask } from './sync.reactions.ts';

const TAKER = 'repository';

/** Makes the signed webhook of a service's repository, or renews it: the old one ends with it. */
export async function createHook(tx: Tx, actor: Actor, serviceName: string): Promise<{ path: string; hook: string; secret: string }> {
  const service = await serviceByName(tx, serviceName);
  if (service === null) throw noSuchService({ service: serviceName });
  if (service.repository === null) throw noRepository({ service: serviceName });
  const source = await ensureSource(tx, service.repository.url);
  await endHooksAbout(tx, source.id);
  const name = service.repository.url.replace(/\/\/[^/@]*@/, '//').slice(0, 300);
  const made = await makeHook(tx, actor, { taker: TAKER, name, subject: source.id, schemes: ['standard', 'hub'] });
  await tx.record(hookMade, { subject: source.id, actor, service: service.id, body: { hook: made.hook } });
  return { ...made, path: `/v1/hooks/git/${made.hook}` };
}

/** What a repository's hook brings is never read, because all it can say is "look at your heads". */
export const repositoryTaker: Taker = {
  name: TAKER,
  hinted: 'the repository is looked at',
  async together(tx, hints) {
    for (const [source, { at, hook }] of new Map(hints.toReversed().map((one) => [one.hook.subject, one])))
      if (source !== null) await tx.wake(syncTask.name, source, { source, poll: false, heardAt: at, org: hook.org });
  },
};
