import { serviceById } from '../../catalog/catalog.queries.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import { digestOf } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor, Sweeper, Task, Tx } from '../../platform/floor.ts';
import { whatRuns } from '../../environments/environments.queries.ts';
import { standings } from '../../releases/page.api.ts';
import { releaseById } from '../../releases/releases.queries.ts';
import { newestDeployment } from '../comms.queries.ts';
import { oneLine, pauseAfter } from '../notice.ts';
import { channelById, livingChannels, noteChannel, type Channel } from './channel.store.ts';
import { livingMessage, type Living, type Place, type SlackMessage } from './living.ts';
import { claimLiving, doneLiving, dueLiving, failLiving, wantLiving, type LivingRow } from './living.store.ts';
import { forgetHeard } from './login.store.ts';
import type { Slack, SlackAnswer } from './slack.port.ts';

export const LIVING_TASK = 'comms.living';
const IN_HAND_MS = 120_000;
/** Longer than a signature is fresh. */
const HEARD_MS = 3_600_000;

/** There is news of a release: its message is written anew in every channel that keeps one. */
export async function wantEverywhere(tx: Tx, release: string, dueAt: Instant): Promise<void> {
  const row = await releaseById(tx, release);
  const service = row === null ? null : await serviceById(tx, row.serviceId);
  if (service === null) return;
  for (const channel of await livingChannels(tx, { team: service.team, service: service.name })) {
    await wantLiving(tx, channel.id, release, dueAt);
    await tx.wake(LIVING_TASK, `${channel.id}:${release}`, { channel: channel.id, release, org: tx.org }, dueAt);
  }
}

/** Writes the message of a release in a channel: posted once, edited in place after that. */
export function livingTask(slack: Slack): Task {
  return {
    name: LIVING_TASK,
    async run(floor, payload, org) {
      const { channel, release } = payload;
      if (typeof channel === 'string' && typeof release === 'string' && !floor.paused())
        await writeLiving(floor, slack, org, channel, release);
    },
  };
}

export const livingSweeper: Sweeper = {
  name: 'comms.living',
  async sweep(tx) {
    const now = await tx.now();
    for (const one of await dueLiving(tx, now, 100)) await tx.wake(LIVING_TASK, `${one.channel}:${one.release}`, one);
    await forgetHeard(tx, plus(now, -HEARD_MS));
  },
};

type InHand = { readonly row: LivingRow; readonly channel: Channel; readonly message: SlackMessage | null };

/** What `livingTask` does; answers what became of it, null where there was nothing to do. */
export async function writeLiving(floor: Floor, slack: Slack, org: string, channelId: string, release: string): Promise<string | null> {
  const hand = await floor.db.tx(org, async (tx): Promise<InHand | null> => {
    const now = await tx.now();
    const channel = await channelById(tx, channelId);
    const row = channel === null ? null : await claimLiving(tx, channelId, release, now, plus(now, IN_HAND_MS));
    if (channel === null || row === null) return null;
    return { row, channel, message: await messageOf(tx, release, channel.environment) };
  });
  if (hand === null) return null;
  const { row, channel, message } = hand;
  if (message === null) return settle(floor, org, hand, null, row.mark ?? '');
  const mark = digestOf(JSON.stringify(message));
  if (mark === row.mark && row.ts !== null) return settle(floor, org, hand, null, mark);
  const answer = await ask(floor, slack, channel, row, message);
  return settle(floor, org, hand, answer, mark);
}

type Answered = SlackAnswer | { readonly ok: false; readonly error: string; readonly how: 'later'; readonly until: Instant | null };

async function ask(floor: Floor, slack: Slack, channel: Channel, row: LivingRow, { text, blocks }: SlackMessage): Promise<Answered> {
  const fields = { text, blocks: JSON.stringify(blocks) };
  const call = row.ts !== null && row.postedIn !== null;
  try {
    return await slack.call(
      floor,
      channel.org,
      channel.connectionId ?? '',
      call ? 'chat.update' : 'chat.postMessage',
      call ? { ...fields, channel: row.postedIn ?? '', ts: row.ts ?? '' } : { ...fields, channel: channel.target ?? '' },
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const until = error.data['until'];
    return { ok: false, error: error.sentence, how: 'later', until: typeof until === 'string' ? until : null };
  }
}

async function settle(floor: Floor, org: string, { row, channel }: InHand, answer: Answered | null, mark: string): Promise<string> {
  return floor.db.tx(org, async (tx) => {
    const now = await tx.now();
    const again = async (at: Instant): Promise<void> =>
      tx.wake(LIVING_TASK, `${row.channel}:${row.release}`, { channel: row.channel, release: row.release }, at);
    if (answer === null || answer.ok) {
      if (answer !== null) await noteChannel(tx, channel.id, null, now);
      const posted =
        answer !== null && row.ts === null
          ? { postedIn: answer.channel ?? channel.target, ts: answer.ts }
          : { postedIn: row.postedIn, ts: row.ts };
      if (await doneLiving(tx, row, { ...posted, mark })) await again(now);
      return answer === null ? 'same' : row.ts === null ? 'posted' : 'edited';
    }
    await noteChannel(tx, channel.id, oneLine(answer.error), now);
    const pause = answer.how === 'refused' ? null : answer.how === 'anew' ? 0 : pauseAfter(row.attempts);
    const asked = 'until' in answer && answer.until !== null ? answer.until : now;
    const dueAt = pause === null ? null : asked > plus(now, pause) ? asked : plus(now, pause);
    await failLiving(tx, row, dueAt, answer.how === 'anew');
    if (dueAt !== null) await again(dueAt);
    return answer.how;
  });
}

/** What the message says now; null where the release is not there any more. */
async function messageOf(tx: Tx, id: string, only: string | null): Promise<SlackMessage | null> {
  const release = await releaseById(tx, id);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  if (release === null || service === null) return null;
  const names = await personLabel(
    tx,
    [release.requestedBy, release.held?.by].filter((one) => typeof one === 'string'),
  );
  const places: Place[] = [];
  for (const { environment, answer, explained, loaded } of await standings(tx, release, service, only === null ? undefined : [only])) {
    const deployment = await newestDeployment(tx, id, environment.id);
    const open = deployment === null || deployment.finishedAt !== null ? null : deployment;
    const waits = answer.rules.some((rule) => rule.rule === 'approvals' && rule.verdict === 'wait');
    places.push({
      environment: environment.name,
      headline: explained.words.headline,
      missing: explained.words.missing,
      deployment,
      runs: (await whatRuns(tx, service.id, environment.id))?.releaseId === id && open === null,
      vote: waits && open?.startedAt === null ? { intent: answer.intent, version: loaded.targetVersion } : null,
    });
  }
  const living: Living = {
    release: id,
    service: service.name,
    version: release.versionName,
    requestedBy: release.requestedBy === null ? null : (names.get(release.requestedBy) ?? null),
    held: release.held === null ? null : { by: names.get(release.held.by) ?? 'somebody', reason: release.held.reason },
    abandoned: release.state === 'abandoned',
    places,
    seen: release.version,
  };
  return livingMessage(living, tx.floor.config.publicUrl.replace(/\/$/, ''));
}
