import { setTimeout as sleep } from 'node:timers/promises';
import { system } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Millis } from '../../kernel/time.ts';
import { signStandard } from '../../kernel/webhook.ts';
import type { Floor } from '../../platform/floor.ts';
import { openOutSecret } from './out.commands.ts';
import { outDisabled } from './out.events.ts';
import { DISABLE_AFTER_MS, pauseAfter, payloadOf, quietFor, wants } from './out.ts';
import * as store from './out.store.ts';

const LOOK_MS: Millis = 1000;
const FACTS = 200;
const AT_ONCE = 8;
const TIMEOUT_MS: Millis = 15_000;
/** An attempt is in one hand for so long; longer than any call may take. */
const IN_HAND_MS: Millis = 60_000;
/** What is kept of an answer. */
const ANSWER = 2000;

/** Tells subscribers what the ledger holds, until stopped: at least once, each with an id that stays the same. */
export function startSending(floor: Floor): { stop(): Promise<void> } {
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      let busy = 0;
      try {
        if (!floor.paused()) busy = (await readFacts(floor)) + (await sendDue(floor));
      } catch (error) {
        if (!stopped) floor.log.warn({ err: error }, 'webhooks could not be sent; it is tried again');
      }
      for (let waited = 0; busy === 0 && waited < LOOK_MS && !stopped; waited += 100) await sleep(100);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Reads on in the ledger and notes who is to be told; answers how many facts were read. Nothing is sent here. */
export async function readFacts(floor: Floor): Promise<number> {
  let count = 0;
  for (const org of await floor.db.read('*', store.orgsToTell)) {
    count += await floor.db.tx(org, async (tx) => {
      const facts = await store.nextFacts(tx, FACTS);
      const last = facts?.at(-1);
      if (facts === null || last === undefined) return 0;
      const outs = (await store.outsOf(tx)).filter(({ state }) => state === 'active');
      const names = outs.length === 0 ? new Map<string, string>() : await store.namesOf(tx);
      const at = await tx.now();
      for (const fact of facts) {
        for (const out of outs) {
          if (fact.at < out.createdAt || !wants(out, fact)) continue;
          const payload = payloadOf(out.form, fact, names, floor.config.publicUrl);
          if (payload !== null)
            await store.insertTelling(tx, { id: tx.floor.newId('tel'), hook: out.id, fact: fact.id, type: fact.type, payload }, at);
        }
      }
      await store.moveCursor(tx, last.seq);
      return facts.length;
    });
  }
  return count;
}

/** Sends what is due, eight at a time; answers how many there were. */
export async function sendDue(floor: Floor): Promise<number> {
  const claimed = await floor.db.tx('*', (tx) => store.claimTellings(tx, AT_ONCE, IN_HAND_MS));
  await Promise.all(claimed.map((telling) => sendOne(floor, telling)));
  return claimed.length;
}

async function sendOne(floor: Floor, telling: store.Telling): Promise<void> {
  const to = await floor.db.read(telling.org, async (tx) => {
    const row = await store.outById(tx, telling.hook);
    return row === null ? null : { url: row.url, secret: await openOutSecret(tx, row), nowMs: Date.parse(await tx.now()) };
  });
  if (to === null) return;
  const seconds = Math.floor(to.nowMs / 1000);
  const result = await floor.egress
    .call({
      method: 'POST',
      url: to.url,
      headers: {
        'content-type': telling.contentType,
        'webhook-id': telling.id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': signStandard(to.secret, telling.id, seconds, telling.payload),
      },
      body: telling.payload,
      timeoutMs: TIMEOUT_MS,
      limit: 64 * 1024,
    })
    .then(
      ({ status, body }) => ({ status, words: Buffer.from(body).toString('utf8') }),
      (error: unknown) => {
        if (error instanceof Problem) return { status: null, words: error.sentence };
        throw error;
      },
    );
  const words = result.words.replaceAll('\0', '').toWellFormed().slice(0, ANSWER);
  if (result.status !== null && result.status >= 200 && result.status < 300) {
    const { status } = result;
    await floor.db.tx(telling.org, (tx) => store.markDelivered(tx, telling, status, words));
  } else await failed(floor, telling, result.status, words);
}

/** The delivery waits longer, the endpoint is left alone, and one that fails for days is told nothing any more. */
async function failed(floor: Floor, telling: store.Telling, status: number | null, words: string): Promise<void> {
  await floor.db.tx(telling.org, async (tx) => {
    const gone = status === 410;
    const againMs = gone ? null : pauseAfter(telling.attempts, Math.random());
    const out = await store.markUndelivered(tx, telling, { status, answer: words, againMs });
    if (out === null) return;
    const now = await tx.now();
    const since = out.failingSince ?? now;
    const failures = out.failures + 1;
    const disabled = gone || Date.parse(now) - Date.parse(since) >= DISABLE_AFTER_MS;
    const why = status === null ? words.slice(0, 300) : `it answers ${status}`;
    await store.noteFailing(tx, out, { failures, since, quietMs: quietFor(failures), why, disabled });
    if (disabled && out.state === 'active') {
      const body = { name: out.name, because: gone ? ('gone' as const) : ('failed-for-days' as const), since };
      await tx.record(outDisabled, { subject: out.id, actor: system(tx.org, 'hooks'), body });
    }
  });
}
