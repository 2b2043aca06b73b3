import { roleMay, type Action } from '../../contract/actions.ts';
import type { inbox } from '../../contract/inbox.ts';
import { approvalsRule } from '../../changes/approvals.ts';
import { policyFor, servicesWithRules } from '../../gates/levels.queries.ts';
import { resolvePolicy, type EnvironmentKind, type EnvironmentPolicy } from '../../gates/policy/policy.ts';
import { delegatorsOf, personLabel } from '../../identity/identity.queries.ts';
import { covers, may, type Binding } from '../../identity/permission.ts';
import type { Actor } from '../../kernel/actor.ts';
import { plus } from '../../kernel/time.ts';
import { commitsBetween } from '../../pipelines/pipelines.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { ballotsOf, standings, type Standing } from '../../releases/page.api.ts';
import { releaseById, type ReleaseRow } from '../../releases/releases.queries.ts';
import { serviceById } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import { releaseBefore } from '../release/release-page.queries.ts';
import * as ask from './inbox.queries.ts';
import * as words from './inbox.ts';
import type { Item } from './inbox.ts';
import type { z } from 'zod';

type Answer = z.infer<(typeof inbox)['answer']>;
type Visible = 'all' | ReadonlySet<string>;

const DAY = 86_400_000;
/** Older failures and requests are history. */
const RECENT_MS = 14 * DAY;
const SOON_MS = 7 * DAY;
/** Answers that are made anew for one look into the inbox; what is beyond shows as soon as these are done. */
const MOST_ANSWERS = 25;
const MOST_ITEMS = 200;

/** Who looks, with what they may do where; roles decide what waits for them, and each act asks again. */
type Looker = {
  readonly tx: Tx;
  readonly actor: Actor;
  readonly me: string | null;
  readonly bindings: readonly Binding[];
  /** Bindings of persons who named them as their delegate. */
  readonly lent: readonly Binding[];
  readonly visible: Visible;
  readonly now: string;
  readonly rules: (place: ask.Place & { readonly release: string }) => Promise<EnvironmentPolicy>;
};

/** Everything that waits for this actor, what blocks others first. */
export async function inboxOf(tx: Tx, actor: Actor, visible: Visible): Promise<Answer> {
  const me = actor.kind === 'person' ? actor.id : null;
  const mandates = me === null ? [] : await delegatorsOf(tx, me);
  const held = await ask.bindingsOfAll(tx, [actor.id, ...mandates]);
  const now = await tx.now();
  const looker: Looker = {
    tx,
    actor,
    me,
    bindings: held.get(actor.id) ?? [],
    lent: mandates.flatMap((one) => held.get(one) ?? []),
    visible,
    now,
    rules: rulesReader(tx),
  };
  const answers = await beforeReleases(looker);
  const found = [
    ...answers.items,
    ...(await failures(looker)),
    ...(await glasses(looker)),
    ...(await verifications(looker)),
    ...(await waivers(looker)),
    ...(await parked(looker)),
  ];
  const items = words.inOrder(await withReleases(tx, found));
  return { at: now, items: items.slice(0, MOST_ITEMS), more: answers.more || items.length > MOST_ITEMS };
}

/** Policies and teams are few; each pair is read once for a whole inbox, and only repositories with a file of their own by commit. */
function rulesReader(tx: Tx): Looker['rules'] {
  const policies = new Map<string, ReturnType<typeof policyFor>>();
  let own: Promise<ReadonlySet<string>> | null = null;
  return async ({ serviceId: id, policy, team, teamId, tier, environmentKind, release }) => {
    const byItself = (await (own ??= servicesWithRules(tx))).has(id);
    const commit = byItself ? ((await releaseById(tx, release))?.commit ?? null) : null;
    const key = `${policy} ${teamId} ${commit === null ? '' : `${id} ${commit}`}`;
    const found = policies.get(key) ?? policyFor(tx, { id, policy, team, teamId }, commit);
    policies.set(key, found);
    return resolvePolicy(await found, tier, environmentKind as EnvironmentKind).rules;
  };
}

const can = (looker: Looker, action: Action, on: Pick<ask.Place, 'service' | 'team' | 'environment'>): boolean =>
  may(looker.actor, looker.bindings, action, { service: on.service, team: on.team, environment: on.environment });

type Open = Omit<Item, 'release'> & { readonly release: string | null };
const at = (place: Pick<ask.Place, 'service' | 'environment'>) => ({ service: place.service, environment: place.environment });

/** Approvals and checklists: the one answer is asked again for each, by what the asker could do about it. */
async function beforeReleases(looker: Looker): Promise<{ items: Open[]; more: boolean }> {
  const { tx, visible, now } = looker;
  const all = [...(await ask.waitingForPeople(tx, visible, 300)), ...(await ask.waitingByHand(tx, visible, plus(now, -RECENT_MS), 300))];
  const candidates: ask.Candidate[] = [];
  for (const one of all) if (await couldAct(looker, one)) candidates.push(one);
  const items: Open[] = [];
  for (const one of candidates.slice(0, MOST_ANSWERS)) items.push(...(await answerOf(looker, one)));
  return { items, more: candidates.length > MOST_ANSWERS };
}

/** Whether anything is asked of persons there that this one could give: known from roles and policy, before any answer is made. */
async function couldAct(looker: Looker, one: ask.Candidate): Promise<boolean> {
  const { approval, readiness } = await looker.rules(one);
  if (readiness.checklist.length > 0 && can(looker, 'release.ready', one)) return true;
  if (approval === null) return false;
  return can(looker, 'approval.give', one) || looker.lent.some((binding) => roleMay(binding.role, 'approval.give') && covers(binding, one));
}

async function answerOf(looker: Looker, one: ask.Candidate): Promise<Open[]> {
  const { tx } = looker;
  const release = await releaseById(tx, one.release);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  const [standing] = release === null || service === null ? [] : await standings(tx, release, service, [one.environment]);
  if (release === null || service === null || standing === undefined) return [];
  const about = { ...at(one), release: release.id, since: one.since, due: null };
  const named = { ...at(one), version: release.versionName };
  const items: Open[] = [];
  const act = await voteOn(looker, release, service, standing);
  const route = standing.loaded.inputs.approvals.route;
  if (act !== null && route !== null) {
    const made = words.approvalWords({ ...named, waits: one.deployment !== null, votesLast: route.expiresAfter });
    items.push({ ...about, ...made, id: `approval:${release.id}:${one.environmentId}`, act });
  }
  const { checklist, ticks } = standing.loaded.inputs.readiness;
  const open = checklist.filter((item) => ticks.findLast((tick) => tick.item === item) === undefined);
  if (open.length > 0 && looker.me !== null && can(looker, 'release.ready', one)) {
    const made = words.checklistWords({ ...named, items: open.length });
    const tick = { kind: 'tick' as const, version: standing.loaded.targetVersion, items: open };
    items.push({ ...about, ...made, id: `checklist:${release.id}:${one.environmentId}`, act: tick });
  }
  return items;
}

/** The vote that this person could cast now, with what it would be about; null where none of theirs is missing. */
async function voteOn(looker: Looker, release: ReleaseRow, service: Service, standing: Standing): Promise<Item['act'] | null> {
  const { tx, actor } = looker;
  const { loaded, answer, explained } = standing;
  const { approvals } = loaded.inputs;
  if (approvals.route === null || approvalsRule(approvals, loaded.now).verdict !== 'wait') return null;
  const ballots = await ballotsOf(tx, actor, service, standing);
  if (!ballots.mayVote && ballots.for.length === 0) return null;
  const before = await releaseBefore(tx, service.id, release.createdAt, release.id);
  const range = await commitsBetween(tx, service.id, before?.commit ?? null, release.commit);
  return {
    kind: 'vote',
    intent: answer.intent,
    version: loaded.targetVersion,
    myself: ballots.mayVote,
    for: [...ballots.for],
    commits: range.complete ? range.commits.length : null,
    authors: new Set(range.commits.map((commit) => commit.author)).size,
    also: explained.missing.filter((missing) => !missing.what.startsWith('an approval ')).map((missing) => missing.what),
  };
}

async function failures(looker: Looker): Promise<Open[]> {
  const rows = await ask.needingAPerson(looker.tx, looker.visible, plus(looker.now, -RECENT_MS), 100);
  return rows
    .filter((one) => can(looker, 'deployment.start', one))
    .map((one) => ({
      ...at(one),
      ...words.deploymentWords({ ...one, version: one.versionName }),
      id: `deployment:${one.id}`,
      since: one.since,
      due: null,
      release: one.release,
      act: {
        kind: 'deployment' as const,
        deployment: one.id as `dep_${string}`,
        state: one.state,
        retry: one.state !== 'unknown',
        // What failed may still be what serves: only then is there something to go back from.
        rollBack: one.state === 'failed' && one.recorded && one.previous !== null ? { version: one.previous.version } : null,
        abandon: one.state !== 'unknown' && can(looker, 'release.create', one),
      },
    }));
}

async function glasses(looker: Looker): Promise<Open[]> {
  const { tx, me, now } = looker;
  const rows = await ask.glassesAsked(tx, looker.visible, plus(now, -DAY));
  const names = await personLabel(
    tx,
    rows.flatMap((one) => one.persons),
  );
  const items: Open[] = [];
  for (const one of rows) {
    const { timeBox } = (await looker.rules(one)).breakGlass;
    const until = plus(one.since, timeBox);
    if (me === null || one.persons.includes(me) || until <= now || !can(looker, 'deployment.break-glass', one)) continue;
    const version = (await releaseById(tx, one.release))?.versionName ?? one.release;
    const asked = one.persons.map((id) => ({ id, name: names.get(id) ?? id }));
    const made = words.glassWords({ ...at(one), version, first: asked[0]?.name ?? '', left: one.needed - asked.length, timeBox });
    const act = { kind: 'break-glass' as const, reason: one.reason, ticket: one.ticket, asked, needed: one.needed };
    items.push({ ...at(one), ...made, id: `break-glass:${one.id}`, since: one.since, due: until, release: one.release, act });
  }
  return items;
}

async function verifications(looker: Looker): Promise<Open[]> {
  if (looker.me === null) return [];
  const rows = await ask.unseenByPersons(looker.tx, looker.visible, 2000);
  const items: Open[] = [];
  for (const one of rows) {
    if (!can(looker, 'environment.verify', one) || !(await looker.rules(one)).verification.checks.includes('person')) continue;
    const made = words.verifyWords(one);
    const id = `verification:${one.release}:${one.environmentId}`;
    items.push({ ...at(one), ...made, id, since: one.since, due: null, release: one.release, act: { kind: 'verify' } });
  }
  return items;
}

async function waivers(looker: Looker): Promise<Open[]> {
  const { tx, me, now } = looker;
  if (me === null) return [];
  const rows = await ask.waiversAtHand(tx, looker.visible, plus(now, SOON_MS), 300);
  const names = await personLabel(
    tx,
    rows.map((one) => one.owner),
  );
  return rows.flatMap((one): Open[] => {
    const place = { service: one.service ?? '', team: one.team ?? '', environment: one.environment ?? '' };
    const decides = can(looker, 'waiver.decide', place);
    const mine = one.owner === me || one.requestedBy === me;
    const party = mine || one.decidedBy === me;
    const what = doingOf(one, { decides, mine, party });
    if (what === null || (one.state === 'requested' && one.due <= now)) return [];
    const made = words.waiverWords({ ...one, can: what, overdue: one.due <= now });
    const owner = { id: one.owner, name: names.get(one.owner) ?? one.owner };
    const act = {
      kind: 'waiver' as const,
      waiver: one.id as `wvr_${string}`,
      version: one.version,
      can: what,
      ticket: one.ticket,
      owner,
    };
    return [
      {
        ...made,
        id: `waiver:${one.id}`,
        since: one.since,
        due: one.due,
        service: one.service,
        environment: one.environment,
        release: null,
        act,
      },
    ];
  });
}

/** What somebody could do about a waiver; null where it does not wait for them. */
function doingOf(
  { kind, state }: Pick<ask.WaiverLine, 'kind' | 'state'>,
  { decides, mine, party }: { decides: boolean; mine: boolean; party: boolean },
): 'decide' | 'pay' | 'renew' | 'nothing' | null {
  if (kind === 'debt') return decides && !party ? 'pay' : mine ? 'nothing' : null;
  if (state === 'requested') return decides && !mine ? 'decide' : null;
  return mine ? 'renew' : null;
}

async function parked(looker: Looker): Promise<Open[]> {
  if (!may(looker.actor, looker.bindings, 'admin.machines', {})) return [];
  const { count, since } = await ask.parkedJobs(looker.tx);
  if (count === 0) return [];
  const about = { due: null, service: null, environment: null, release: null };
  return [{ ...about, ...words.parkedWords(count), id: 'parked', since: since ?? looker.now, act: { kind: 'parked', count } }];
}

/** Puts what is shown of a release where its id stands: one question for all items. */
async function withReleases(tx: Tx, items: readonly Open[]): Promise<Item[]> {
  const releases = await ask.releasesById(tx, [...new Set(items.flatMap((item) => item.release ?? []))]);
  const names = await personLabel(
    tx,
    [...releases.values()].flatMap((one) => one.requestedBy ?? []),
  );
  return items.map((item) => {
    const line = item.release === null ? undefined : releases.get(item.release);
    if (line === undefined) return { ...item, release: null };
    const { id, version, type, digests, commit, schemaChange, requestedBy } = line;
    const requester = requestedBy === null ? null : { id: requestedBy, name: names.get(requestedBy) ?? requestedBy };
    return { ...item, release: { id: id as `rel_${string}`, version, type, digests, commit, schemaChange, requester } };
  });
}
