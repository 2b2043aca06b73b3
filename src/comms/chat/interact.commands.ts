import { serviceById, serviceByName } from '../../catalog/catalog.queries.ts';
import type { Action } from '../../contract/actions.ts';
import { noteUnmapped, type Seen } from '../../identity/mapping/unmapped.api.ts';
import type { Actor } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { verifyHook } from '../../kernel/webhook.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { standings } from '../../releases/page.api.ts';
import { latestRelease, releaseById } from '../../releases/releases.queries.ts';
import { chatRefused } from '../comms.problems.ts';
import { oneLine } from '../notice.ts';
import type { ChatActs } from './acts.port.ts';
import { holdOf, readDone, stopOf, voteOf, type Done } from './interact.ts';
import { reasonForm, slackText } from './living.ts';
import { wantEverywhere } from './living.work.ts';
import { personInChat } from './login.queries.ts';
import { takeOnce } from './login.store.ts';
import { chatHost } from './login.ts';
import type { Slack } from './slack.port.ts';

export type Delivery = {
  readonly connection: string;
  readonly header: (name: string) => string | null;
  readonly body: Uint8Array;
  readonly encrypted: boolean;
};
export type Reply = Readonly<Record<string, unknown>>;
export type Parts = { readonly floor: Floor; readonly slack: Slack; readonly acts: ChatActs };
type Who = { readonly org: string; readonly connection: string; readonly name: string };

/** What may be done from a chat, whatever roles the person holds. */
const FROM_CHAT: readonly Action[] = ['release.read', 'approval.give', 'release.ready', 'freeze.write'];
/** Something for everybody to see, and nothing more. */
const NOTHING: Reply = {};

/**
 * Takes what somebody did in Slack. The signature over time and raw body is verified before anything is read, and is
 * good once. Nothing is decided but by a person whom the sender is mapped to, by the same commands as everywhere.
 */
export async function takeInteraction(parts: Parts, delivery: Delivery): Promise<Reply> {
  const { floor, slack } = parts;
  const { known, now } = await floor.db.read('*', async (tx) => ({
    known: await slack.signing(tx, delivery.connection),
    now: await tx.now(),
  }));
  const verdict = verifyHook({
    header: delivery.header,
    body: delivery.body,
    // An unknown connection costs the same work as a wrong signature.
    secret: known?.secret ?? floor.randomHex(32),
    schemes: ['slack'],
    nowMs: Date.parse(now),
    encrypted: delivery.encrypted,
  });
  if (known === null || !verdict.ok) throw chatRefused({});
  const fresh = await floor.db.tx(known.org, async (tx) => takeOnce(tx, `${delivery.connection}:${verdict.delivery}`, await tx.now()));
  const done = fresh ? readDone(delivery.body) : { kind: 'nothing' as const };
  if (done === null) throw chatRefused({});
  if (done.kind === 'nothing') return NOTHING;
  const who: Who = { org: known.org, connection: delivery.connection, name: known.name };
  const connection = { id: who.connection, name: who.name };
  const person = await floor.db.read(who.org, (tx) => personInChat(tx, connection, done.user));
  if (person === null) {
    const seen: Seen = { host: chatHost(connection), value: done.user, role: 'chat' };
    await floor.db.tx(who.org, (tx) => noteUnmapped(tx, [seen]));
    return say(parts, who, done, unmapped(who, done.user));
  }
  const credential = { kind: 'token' as const, id: `slack:${who.connection}`, actions: [...FROM_CHAT], services: null };
  const actor: Actor = { kind: 'person', id: person, org: who.org, credential };
  try {
    return await act(parts, who, actor, done);
  } catch (error) {
    if (error instanceof Problem) return say(parts, who, done, `${error.sentence} ${error.remedy}`);
    throw error;
  }
}

function unmapped(who: Who, user: string): string {
  return `Nothing was done: nobody here is known as ${user}. An admin says who you are, on Admin > Unmapped or by: ym notify login ${user} --connection ${who.name} --person you@example.org`;
}

async function act(parts: Parts, who: Who, actor: Actor, done: Exclude<Done, { kind: 'nothing' }>): Promise<Reply> {
  if (done.kind === 'asked') return command(parts, actor, done.words);
  if (done.kind === 'pressed') return pressed(parts, who, actor, done);
  const { floor, acts } = parts;
  if (done.reason === '') return formError('Say why.');
  if (done.act === 'hold') {
    const seen = holdOf(done.value);
    if (seen === null) throw chatRefused({});
    await floor.db.tx(who.org, async (tx) => {
      await acts.hold(tx, actor, seen.release, done.reason, seen.version);
      await wantEverywhere(tx, seen.release, await tx.now());
    });
    return { response_action: 'clear' };
  }
  const seen = voteOf(done.value);
  if (seen === null) throw chatRefused({});
  const verdict = done.act;
  const outcome = await floor.db.tx(who.org, async (tx) => {
    if (await acts.needsFresh(tx, seen.environment)) return { refused: freshWords(tx, seen) };
    const cast = await acts.vote(tx, actor, { ...seen, verdict, reason: done.reason });
    await wantEverywhere(tx, seen.release, await tx.now());
    return cast;
  });
  return outcome.refused === null ? { response_action: 'clear' } : formError(outcome.refused);
}

async function pressed(parts: Parts, who: Who, actor: Actor, done: Extract<Done, { kind: 'pressed' }>): Promise<Reply> {
  const { floor, slack, acts } = parts;
  const about = await floor.db.read(who.org, async (tx) => {
    const vote = done.act === 'hold' ? null : voteOf(done.value);
    const seen = vote ?? holdOf(done.value);
    const release = seen === null ? null : await releaseById(tx, seen.release);
    const service = release === null ? null : await serviceById(tx, release.serviceId);
    if (release === null || service === null || (done.act !== 'hold' && vote === null)) throw chatRefused({});
    await acts.mustSee(tx, actor, { service: service.name, team: service.team });
    if (vote !== null && (await acts.needsFresh(tx, vote.environment))) return { link: freshWords(tx, vote) };
    return { words: `${service.name} ${release.versionName}${vote === null ? '' : ` for ${vote.environment}`}` };
  });
  if (about.link !== undefined) return say(parts, who, done, about.link);
  const view = JSON.stringify(reasonForm(done.act, done.value, about.words ?? ''));
  const answer = await slack.call(floor, who.org, who.connection, 'views.open', { trigger_id: done.trigger, view });
  return answer.ok ? NOTHING : say(parts, who, done, `The form could not be opened: ${answer.error}. Nothing was done.`);
}

function freshWords(tx: Tx, { release, environment }: { readonly release: string; readonly environment: string }): string {
  const url = `${tx.floor.config.publicUrl.replace(/\/$/, '')}/releases/${release}?environment=${encodeURIComponent(environment)}&ask=vote`;
  return `Voting for ${environment} asks for a sign-in just now, so it is not done from here. Open ${url}`;
}

const HELP = 'Ask "status SERVICE", or "stop everything|environment NAME|team NAME|service NAME TICKET WHY".';

async function command({ floor, acts }: Parts, actor: Actor, words: readonly string[]): Promise<Reply> {
  const [verb, ...rest] = words;
  if (verb === 'status' && rest[0] !== undefined) {
    const name = rest[0];
    return told(await floor.db.read(actor.org, (tx) => status(tx, acts, actor, name)));
  }
  const stop = verb === 'stop' ? stopOf(rest) : null;
  if (stop === null) return told(HELP);
  await floor.db.tx(actor.org, (tx) => acts.stop(tx, actor, stop.scope, stop.ticket, stop.reason));
  return told(`The line stands for ${Object.entries(stop.scope).flat().join(' ') || 'everything'}. Going back always works.`);
}

async function status(tx: Tx, acts: ChatActs, actor: Actor, name: string): Promise<string> {
  const service = /^[a-z0-9-]{1,63}$/.test(name) ? await serviceByName(tx, name) : null;
  if (service === null) return `There is no service ${oneLine(name, 63)}.`;
  await acts.mustSee(tx, actor, { service: service.name, team: service.team });
  const release = await latestRelease(tx, service.id);
  if (release === null) return `${service.name} has no release yet.`;
  const lines = (await standings(tx, release, service)).map(
    ({ environment, explained }) => `${environment.name}: ${[explained.words.headline, ...explained.words.missing].join(' ')}`,
  );
  return [`${service.name} ${release.versionName}${release.held === null ? '' : ' (held)'}`, ...lines].join('\n');
}

function told(text: string): Reply {
  return { response_type: 'ephemeral', text: slackText(text.slice(0, 3000)) };
}

function formError(text: string): Reply {
  return { response_action: 'errors', errors: { reason: oneLine(text, 1000) } };
}

/** Answers one person, where they are: in the form, to the command, or beside the message for their eyes alone. */
async function say({ floor, slack }: Parts, who: Who, done: Exclude<Done, { kind: 'nothing' }>, text: string): Promise<Reply> {
  if (done.kind === 'said') return formError(text);
  if (done.kind === 'asked') return told(text);
  if (done.channel === null) return NOTHING;
  const fields = { channel: done.channel, user: done.user, text: slackText(oneLine(text, 2000)) };
  try {
    await slack.call(floor, who.org, who.connection, 'chat.postEphemeral', fields);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    floor.log.warn({ connection: who.connection, code: error.code }, 'an answer in chat was not delivered');
  }
  return NOTHING;
}
