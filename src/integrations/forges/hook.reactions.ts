import type { ForgeSources, WatchedSource } from '../../pipelines/forge.port.ts';
import type { Sweeper, Tx } from '../../platform/floor.ts';
import type { Taker, TakenDelivery } from '../../platform/hooks/taker.port.ts';
import { plus } from '../../kernel/time.ts';
import { ciHeard } from '../ci/heard.commands.ts';
import { connectionOf } from '../connections/caller.http.ts';
import { rowById } from '../connections/connection.store.ts';
import { badPayload } from '../connections/connections.problems.ts';
import { forges } from '../forge-list.system.ts';
import { looksFor } from './look.ts';

export const FORGE_TAKER = 'forge';
/** What no webhook told is found after this at the latest. */
const POLL_MS = 5 * 60_000;

/**
 * Takes what a forge's webhook brings: it says where to look, and nothing else of it has consequences. The wakes stand in
 * the transaction that marks the delivery done.
 */
export function forgeTaker(sources: ForgeSources): Taker {
  return {
    name: FORGE_TAKER,
    async take(tx, delivery) {
      const row = delivery.hook.subject === null ? null : await rowById(tx, delivery.hook.subject);
      const forge = row === null ? undefined : forges.get(row.vendor);
      if (row === null || forge === undefined) return 'its connection is gone';
      const events = forge.translate({ header: (name) => delivery.headers[name] ?? null, payload: parsed(delivery) });
      const said = [...new Set(events.map(({ said: one }) => one))].join(', ').slice(0, 200);
      const here = (await sources.watched(tx)).map((source) => ({ source, path: forge.pathOf(connectionOf(row), source.url) }));
      let looked = 0;
      for (const look of looksFor(events)) {
        if (look.what === 'ci') {
          looked += await ciHeard(tx, row.id, look, (repository) => forge.pathOf(connectionOf(row), repository));
          continue;
        }
        for (const { source } of here.filter(({ path }) => path?.toLowerCase() === look.repository.toLowerCase())) {
          looked += 1;
          if (look.what === 'merge-request') await wakeLook(tx, source, look.number);
          else if (look.what === 'heads') await sources.wake(tx, source.id, delivery.at);
          else if (look.what === 'repository') await wakeLook(tx, source, null);
        }
      }
      return looked === 0 ? `${said}: nothing of ours` : `${said}: looked at`;
    },
  };
}

function parsed(delivery: TakenDelivery): unknown {
  try {
    return JSON.parse(Buffer.from(delivery.body).toString('utf8'));
  } catch {
    throw badPayload({});
  }
}

function wakeLook(tx: Tx, source: WatchedSource, number: number | null): Promise<void> {
  return tx.wake('forges.look', `${source.id}:${number ?? 'all'}`, { source: source.id, number });
}

/** Looks at watched repositories at their forges in turn, whatever hooks say. */
export function forgeSweeper(sources: ForgeSources): Sweeper {
  return {
    name: 'forges.poll',
    async sweep(tx) {
      const now = await tx.now();
      for (const { id, org } of await sources.due(tx, now, plus(now, POLL_MS)))
        await tx.wake('forges.look', `${id}:all`, { source: id, number: null, org });
    },
  };
}
