import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { CDEVENT_FACTS } from './cdevents.ts';
import { wrongFilter, type Subscription } from './out.ts';
import * as store from './out.store.ts';
import { outAdded, outEnabled, outRemoved, tellingReplayed } from './out.events.ts';
import { badFilter, noSuchOut, noSuchTelling, noSuchType } from './out.problems.ts';

const SCOPE = 'hooks-out';
const place = (org: string, id: string): string => `hook-out:${org}:${id}`;

export type AskedOut = Subscription & { readonly name: string; readonly url: string };

/** Makes a subscription: its address is judged before anything is kept, and again at each call. The secret is answered this once. */
export async function addOut(
  floor: Floor,
  actor: Actor,
  known: readonly string[],
  asked: AskedOut,
): Promise<{ row: store.OutRow; secret: string }> {
  const types = asked.form === 'cdevents' ? CDEVENT_FACTS : known;
  const unknown = asked.types.filter((type) => !types.includes(type));
  if (unknown.length > 0) throw noSuchType({ types: unknown, form: asked.form });
  const why = asked.filter === null ? null : wrongFilter(asked.filter);
  if (why !== null) throw badFilter({ why });
  await floor.egress.check(asked.url);
  const secret = `whsec_${Buffer.from(floor.randomHex(32), 'hex').toString('base64')}`;
  return floor.db.tx(actor.org, async (tx) => {
    const id = tx.floor.newId('sub');
    const sealed = await tx.floor.secrets.seal(tx, SCOPE, secret, place(tx.org, id));
    await store.insertOut(tx, { ...asked, id, sealed, createdBy: actorLabel(actor), createdAt: await tx.now() });
    await tx.record(outAdded, {
      subject: id,
      actor,
      body: { name: asked.name, form: asked.form, types: [...asked.types], filter: asked.filter },
    });
    return { row: await mustBe(tx, id), secret };
  });
}

export async function removeOut(tx: Tx, actor: Actor, id: string): Promise<void> {
  const row = await mustBe(tx, id, true);
  await store.removeOut(tx, id, await tx.now());
  await tx.record(outRemoved, { subject: id, actor, body: { name: row.name } });
}

/** Tells a subscription again that was disabled after failing for long. What waits is sent. */
export async function enableOut(tx: Tx, actor: Actor, id: string): Promise<store.OutRow> {
  const row = await mustBe(tx, id, true);
  await store.enableOut(tx, id);
  await tx.record(outEnabled, { subject: id, actor, body: { name: row.name } });
  return mustBe(tx, id);
}

/** Sends a message that says nothing but that it is a test. */
export async function sendTest(tx: Tx, id: string): Promise<string> {
  await mustBe(tx, id);
  const telling = tx.floor.newId('tel');
  const at = await tx.now();
  const text = JSON.stringify({ type: 'yardmaster.test', id: telling, at, source: tx.floor.config.publicUrl });
  await store.insertTelling(
    tx,
    { id: telling, hook: id, fact: null, type: 'yardmaster.test', payload: { contentType: 'application/json', text } },
    at,
  );
  return telling;
}

/** Sends a delivery again, under the id that it had. */
export async function replayTelling(tx: Tx, actor: Actor, id: string): Promise<store.TellingRow> {
  if (!(await store.tellAgain(tx, id))) throw noSuchTelling({ id });
  const row = await tellingById(tx, id);
  await tx.record(tellingReplayed, { subject: id, actor, body: { hook: row.hook } });
  return row;
}

export async function tellingById(tx: Tx, id: string): Promise<store.TellingRow> {
  const [row] = await store.tellingsOf(tx, { id, hook: null, state: null, before: null, limit: 1 });
  if (row === undefined) throw noSuchTelling({ id });
  return row;
}

export function openOutSecret(tx: Tx, row: store.OutRow): Promise<string> {
  return tx.floor.secrets.open(tx, row.sealed, place(row.org, row.id));
}

async function mustBe(tx: Tx, id: string, lock = false): Promise<store.OutRow> {
  const row = await store.outById(tx, id, lock);
  if (row === null) throw noSuchOut({ id });
  return row;
}

/** Where the secrets of webhooks that go out lie, for the rotation of their keys. */
export const outColumn: SealedColumn = {
  name: 'hook_out.sealed',
  count: store.countSealedOut,
  async find(tx, head, limit) {
    return (await store.lockSealedOut(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.id),
      scope: SCOPE,
      save: (inner, sealed) => store.saveSealedOut(inner, row.id, sealed),
    }));
  },
};
