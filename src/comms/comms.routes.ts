import * as contract from '../contract/notify.ts';
import { addressesOf } from '../identity/identity.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { badPreference, noMail, noSuchNotice, notOver, personNeeded } from './comms.problems.ts';
import { deliveries } from './comms.views.ts';
import { openLink, unsubscribe } from './link.commands.ts';
import { endMail, setMail, testMail } from './mail.commands.ts';
import { sendAgain } from './notice.store.ts';
import { isZone, STANDARD } from './preference.ts';
import { preferencesOf, savePreference } from './preference.store.ts';
import { mailSetting, type MailSetting } from './setting.store.ts';
import { SEND_TASK } from './tell.commands.ts';

/** The HTTP doors of what people are told. */
export const notifyRoutes: readonly Mounted[] = [
  mount(contract.getMail, async ({ tx }) => {
    const setting = await mailSetting(tx);
    return { mail: setting === null ? null : viewOf(setting) };
  }),
  mount(contract.setMail, async ({ floor, actor, body }) => {
    await setMail(floor, actor, { ...body, password: body.password });
    const setting = await floor.db.read(actor.org, mailSetting);
    if (setting === null) throw noMail({});
    return viewOf(setting);
  }),
  mount(contract.endMail, async ({ tx, actor }) => {
    await endMail(tx, actor);
    return { ended: true as const };
  }),
  mount(contract.testMail, ({ floor, actor }) => testMail(floor, actor)),
  mount(contract.listDeliveries, async ({ tx, query }) => {
    const items = await deliveries(tx, { state: query.state ?? null, after: readCursor(query.cursor), limit: query.limit });
    const last = items.length === query.limit ? items.at(-1) : undefined;
    return { items, next: last === undefined ? null : `${last.at}/${last.id}` };
  }),
  mount(contract.sendAgain, async ({ tx, params }) => {
    const again = await sendAgain(tx, params.notice, await tx.now());
    if (again === null) throw noSuchNotice(params);
    if (!again) throw notOver(params);
    await tx.wake(SEND_TASK, params.notice, { notice: params.notice });
    return { notice: params.notice, queued: true as const };
  }),
  mount(contract.getPreference, async ({ tx, actor }) => {
    const person = personOf(actor);
    return {
      preference: (await preferencesOf(tx, [person])).get(person) ?? STANDARD,
      addresses: (await addressesOf(tx, [person])).get(person) ?? [],
      mail: (await mailSetting(tx)) !== null,
    };
  }),
  mount(contract.setPreference, async ({ tx, actor, body }) => {
    const person = personOf(actor);
    await mustBeRight(tx, person, body);
    if (!(await savePreference(tx, person, body.version, body))) throw stale({ what: 'What you are told' });
    return { preference: { ...body, version: body.version + 1 } };
  }),
  mount(contract.openLink, ({ tx, actor, body }) => openLink(tx, actor, body.link)),
  mount(contract.unsubscribe, async ({ floor, params, body }) => {
    await body.cancel();
    await unsubscribe(floor, params.link);
    return { done: true as const };
  }),
];

function personOf(actor: Actor): string {
  if (actor.kind !== 'person') throw personNeeded({});
  return actor.id;
}

async function mustBeRight(
  tx: Tx,
  person: string,
  {
    zone,
    address,
    quiet,
  }: { readonly zone: string; readonly address: string | null; readonly quiet: { from: number; until: number } | null },
): Promise<void> {
  if (!isZone(zone)) throw badPreference({ wrong: 'the time zone is not known; write it like Europe/Berlin' }, '/zone');
  if (quiet !== null && quiet.from === quiet.until)
    throw badPreference({ wrong: 'quiet hours begin and end at the same minute' }, '/quiet');
  if (address !== null && (await addressesOf(tx, [person])).get(person)?.includes(address) !== true)
    throw badPreference({ wrong: 'this is not an address of yours' }, '/address');
}

function viewOf(setting: MailSetting): contract.MailSettingView {
  const { host, port, tls, username, sealed, sender, answerWithinMs, remindBeforeMs, state, lastError, checkedAt, version } = setting;
  return {
    host,
    port,
    tls,
    username,
    password: sealed !== null,
    sender,
    answerWithinMs,
    remindBeforeMs,
    state,
    lastError,
    checkedAt,
    version,
  };
}

function readCursor(cursor: string | undefined): readonly [string, string] | null {
  const [, at, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/(ntc_[0-9a-f]{32})$/.exec(cursor ?? '') ?? [];
  return at === undefined || id === undefined ? null : [at, id];
}
