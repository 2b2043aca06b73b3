import type { Action } from '../../contract/actions.ts';
import { actorLabel, personBehind, type Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { noSuch } from '../identity.problems.ts';
import { botById } from '../identity.store.ts';
import { addBot, giveRole } from '../people.commands.ts';
import { CREDENTIALS_TOPIC } from '../session.commands.ts';
import { tooWide } from './conditions.ts';
import { workloadMay } from './limits.ts';
import { workloadDistrusted, workloadTrusted } from './workload.events.ts';
import { notForWorkloads, trustExists, trustNeedsScope, trustTooWide } from './workload.problems.ts';
import { insertTrust, removeTrust, trustByName } from './workload.store.ts';

export type NewTrust = {
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  readonly conditions: Readonly<Record<string, readonly string[]>>;
  readonly bot?: string | undefined;
  readonly services?: readonly string[] | undefined;
  readonly actions?: readonly Action[] | undefined;
  readonly maxAgeMinutes: number;
};

/**
 * Trusts jobs of an issuer whose tokens meet the conditions. They act as the bot given, or as one of their own, which is
 * developer of the services given and nothing else. The issuer's address is judged before anything is kept.
 */
export async function addTrust(floor: Floor, actor: Actor, asked: NewTrust): Promise<string> {
  const wide = tooWide(asked.issuer, asked.conditions);
  if (wide !== null) throw trustTooWide({ why: wide });
  const never = (asked.actions ?? []).filter((action) => !workloadMay(action));
  if (never.length > 0) throw notForWorkloads({ actions: never });
  if (asked.bot === undefined && asked.services === undefined) throw trustNeedsScope({});
  await floor.egress.check(asked.issuer);
  return floor.db.tx(actor.org, async (tx) => {
    const bot = asked.bot ?? (await ownBot(tx, actor, asked.name, asked.services ?? []));
    if ((await botById(tx, bot)) === null) throw noSuch({ kind: 'bot', id: bot });
    const id = tx.floor.newId('wlt');
    const { name, issuer, audience } = asked;
    const conditions = Object.fromEntries(Object.entries(asked.conditions).map(([claim, patterns]) => [claim, [...patterns]]));
    const actions = asked.actions === undefined ? null : [...asked.actions];
    const services = asked.services === undefined ? null : [...asked.services];
    const row = { id, org: actor.org, name, issuer, audience, conditions, bot, ownBot: asked.bot === undefined, actions, services };
    if (!(await insertTrust(tx, { ...row, maxAgeS: asked.maxAgeMinutes * 60, by: actorLabel(actor), at: await tx.now() })))
      throw trustExists({ name });
    await tx.record(workloadTrusted, {
      subject: id,
      actor,
      body: { trust: id, name, issuer, audience, conditions, bot, actions, services },
    });
    return id;
  });
}

async function ownBot(tx: Tx, actor: Actor, name: string, services: readonly string[]): Promise<string> {
  const owner = personBehind(actor);
  if (owner === null) throw noSuch({ kind: 'person', id: actor.id });
  const bot = await addBot(tx, actor, { name: `${name.slice(0, 40)}-${tx.floor.randomHex(3)}`, owner });
  for (const service of services) await giveRole(tx, actor, { holder: bot, role: 'developer', on: { service } });
  return bot;
}

/** Ends a trust, and at once whatever its jobs are signed in with; answers how many that were. */
export async function endTrust(tx: Tx, actor: Actor, name: string): Promise<number> {
  const row = await trustByName(tx, name);
  if (row === null) throw noSuch({ kind: 'workload trust', id: name });
  const ended = await removeTrust(tx, row, actorLabel(actor), await tx.now());
  await tx.record(workloadDistrusted, { subject: row.id, actor, body: { trust: row.id, name, ended } });
  await tx.notify(CREDENTIALS_TOPIC);
  return ended;
}
