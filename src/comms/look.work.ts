import { serviceById } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { holdersOf, personLabel } from '../identity/identity.queries.ts';
import { digestOf } from '../kernel/digest.ts';
import { plus, type Instant } from '../kernel/time.ts';
import type { Task, Tx } from '../platform/floor.ts';
import { rolesIn } from '../releases/answer-words.ts';
import { barredIn } from '../releases/answers.api.ts';
import { standings, type Standing } from '../releases/page.api.ts';
import { releaseById, type ReleaseRow } from '../releases/releases.queries.ts';
import { wantEverywhere } from './chat/living.work.ts';
import { askedPersons } from './asked.ts';
import { waitingBefore } from './comms.queries.ts';
import { endAsks, takeUnreminded } from './notice.store.ts';
import { mailSetting, type MailSetting } from './setting.store.ts';
import { tell } from './tell.commands.ts';
import { askedWords, reminderWords, waitsWords, type OfRelease } from './words.ts';

export const LOOK_TASK = 'comms.look';

/** Looks at a release anew: of whom something is asked now, of whom not any more, and who should know that it waits. */
export const lookTask: Task = {
  name: LOOK_TASK,
  async run(floor, payload, org) {
    const release = payload['release'];
    if (typeof release !== 'string' || floor.paused()) return;
    await floor.db.tx(org, async (tx) => {
      await lookAt(tx, release);
      await wantEverywhere(tx, release, await tx.now());
    });
  },
};

/** What `lookTask` does, within a transaction. Done again it tells nobody twice. */
export async function lookAt(tx: Tx, id: string): Promise<void> {
  const setting = await mailSetting(tx);
  const release = await releaseById(tx, id);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  const now = await tx.now();
  if (release === null || service === null || release.state === 'abandoned') return endAsks(tx, id, null, [], now);
  const waiting = await waitingBefore(tx, id);
  for (const environment of release.targets) if (!waiting.includes(environment)) await endAsks(tx, id, environment, [], now);
  for (const standing of await standings(tx, release, service, waiting)) await lookBefore(tx, { release, service, standing, setting, now });
}

type About = {
  readonly release: ReleaseRow;
  readonly service: Service;
  readonly standing: Standing;
  readonly setting: MailSetting | null;
  readonly now: Instant;
};

async function lookBefore(tx: Tx, about: About): Promise<void> {
  const { release, service, now, setting } = about;
  const { environment, answer, loaded, explained } = about.standing;
  const place = { team: service.team, service: service.name, environment: environment.name };
  const of: OfRelease = { id: release.id, service: service.name, version: release.versionName };
  const roles = rolesIn(answer.missing);
  const holders = roles.length === 0 ? [] : await holdersOf(tx, roles, place);
  const asked = askedPersons(answer.rules, holders, barredIn(loaded.inputs.approvals, loaded.now));
  await endAsks(tx, release.id, environment.name, asked, now);
  const by = release.requestedBy === null ? null : ((await personLabel(tx, [release.requestedBy])).get(release.requestedBy) ?? null);
  const base = { place, release: release.id };
  const mark = `ask:${release.id}:${environment.id}:${answer.intent}`;
  await tell(tx, { ...base, message: askedWords(of, environment.name, explained.words, by), mark, persons: asked });
  if (answer.verdict !== 'allow') {
    const persons = release.requestedBy === null ? [] : [release.requestedBy];
    const what = digestOf(JSON.stringify([explained.words.headline, explained.words.missing])).slice(7, 39);
    await tell(tx, {
      ...base,
      message: waitsWords(of, environment.name, explained.words),
      mark: `waits:${release.id}:${environment.id}:${what}`,
      persons,
    });
  }
  if (setting === null) return;
  const before = plus(now, setting.remindBeforeMs - setting.answerWithinMs);
  for (const one of await takeUnreminded(tx, release.id, environment.name, before)) {
    const until = plus(one.at, setting.answerWithinMs);
    const message = reminderWords(of, environment.name, explained.words, until);
    await tell(tx, { ...base, message, mark: `${one.mark}:reminder`, persons: [one.receiver] });
  }
}
