import * as contract from '../../contract/live.ts';
import { personBehind } from '../../kernel/actor.ts';
import { openEventStream, retryBytes } from '../../platform/http/event-stream.system.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { notSignedIn } from '../../platform/platform.problems.ts';
import { readCursor } from './cursor.ts';
import { hubOf } from './hub.system.ts';
import { tooManyViewers } from './live.problems.ts';
import type { Viewer } from './viewer.ts';

/** Streams that one person (with their bots) and one server process hold open at most. */
const MOST_OF_PERSON = 40;
const MOST_OF_SERVER = 2000;
/** After a cut all viewers come back; not all in the same instant. */
const BACK_AFTER_MS = { least: 150, spread: 450 };

/** The live stream. */
export const liveRoutes: readonly Mounted[] = [
  mount(contract.live, async ({ floor, actor, headers, query, signal, visible }) => {
    if (actor.kind !== 'person' && actor.kind !== 'bot') throw notSignedIn({});
    const hub = hubOf(floor);
    const person = personBehind(actor);
    const own = [...hub.viewers].filter((viewer) => personBehind(viewer.actor) === person).length;
    if (own >= MOST_OF_PERSON) throw tooManyViewers({ limit: MOST_OF_PERSON, of: 'you' });
    if (hub.viewers.size >= MOST_OF_SERVER) throw tooManyViewers({ limit: MOST_OF_SERVER, of: 'this server' });
    const stream = openEventStream(signal, () => hub.leave(viewer));
    const viewer: Viewer = {
      actor,
      // The header is newer: a browser sends it when it comes back by itself to the address that it began with.
      wanted: readCursor(headers.get('last-event-id')) ?? readCursor(query.after),
      visible,
      send: stream.send,
      end: stream.end,
      rights: null,
    };
    stream.send(retryBytes(BACK_AFTER_MS.least + (Number.parseInt(floor.randomHex(2), 16) / 65_536) * BACK_AFTER_MS.spread));
    hub.join(viewer);
    return { stream: stream.stream };
  }),
];
