import { environmentById, environmentByName, environmentsInOrder, serviceById } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import { votesOn, type StoredVote } from '../changes/changes.queries.ts';
import { voteState } from '../changes/votes.ts';
import { personLabel } from '../identity/identity.queries.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import type { Wanted, Words } from './answer-words.ts';
import { explain, explainRecorded, type Explained } from './answers.api.ts';
import { loadInputs, type Loaded } from './inputs.queries.ts';
import { decide, type MayShip } from './may-ship.ts';
import type { MayShipAnswer } from './may-ship.api.ts';
import { noSuchEnvironment, noSuchRelease } from './releases.problems.ts';
import type { DecisionRow, ReleaseRow } from './releases.queries.ts';
import type { ReadinessInput } from './readiness.ts';

/** A release on the wire. */
export async function releaseView(tx: Tx, row: ReleaseRow) {
  const service = (await serviceById(tx, row.serviceId))?.name ?? row.serviceId;
  const { id, versionName, type, state, commit, runId, digests, changeId, plan, schemaChange, targets, requestedBy, createdAt, version } =
    row;
  return {
    id,
    service,
    version: versionName,
    type,
    state,
    commit,
    run: runId,
    digests: [...digests],
    change: changeId,
    plan,
    schemaChange: schemaChange.kind,
    targets: [...targets],
    requestedBy,
    createdAt,
    rowVersion: version,
  };
}

/** What each target environment would answer now, with what a vote must carry. */
export async function targetViews(tx: Tx, row: ReleaseRow) {
  const views = [];
  const service = await serviceById(tx, row.serviceId);
  if (service === null) return [];
  for (const environment of await environmentsInOrder(tx)) {
    if (!row.targets.includes(environment.name)) continue;
    const loaded = await loadInputs(tx, { releaseId: row.id, environmentId: environment.id, purpose: 'deploy', deploymentId: null });
    if (loaded === null || loaded === 'no-environment') continue;
    const answer = decide(loaded.subject, loaded.inputs, loaded.now);
    const explained = await explain(tx, answer, loaded, { service, environment });
    views.push(await targetView(tx, { environment, loaded, answer, explained }));
  }
  return views;
}

type Target = {
  readonly environment: Pick<Environment, 'name'>;
  readonly loaded: Pick<Loaded, 'inputs' | 'targetVersion'>;
  readonly answer: MayShip;
  readonly explained: Explained;
};

/** One environment of a release on the wire. */
export async function targetView(tx: Tx, { environment, loaded, answer, explained }: Target) {
  const { readiness } = loaded.inputs;
  const names = await personLabel(
    tx,
    readiness.ticks.map((tick) => tick.person),
  );
  return {
    environment: environment.name,
    version: loaded.targetVersion,
    intent: answer.intent,
    verdict: answer.verdict,
    observed: answer.observed === true,
    earliest: answer.earliest,
    missing: explained.missing.map(wantedView),
    words: wordsView(explained.words),
    checklist: checklistView(readiness, names),
  };
}

function checklistView({ checklist, ticks }: ReadinessInput, names: ReadonlyMap<string, string>) {
  return checklist.map((item) => {
    const tick = ticks.findLast((one) => one.item === item);
    const person = tick?.person ?? null;
    return { item, state: tick?.state ?? ('open' as const), person, name: person === null ? null : (names.get(person) ?? person) };
  });
}

/** Votes on the wire, each with what it is worth for the intent of its environment now. */
export async function voteViews(tx: Tx, row: ReleaseRow, intents: ReadonlyMap<string, string>) {
  const now = await tx.now();
  const votes = await votesOn(tx, row.id, null);
  const names = await namesOfVoters(tx, votes);
  const views = [];
  for (const vote of votes) {
    const environment = (await environmentById(tx, vote.environmentId))?.name ?? vote.environmentId;
    views.push(voteView(vote, environment, (intents.get(environment) ?? vote.intent) as Digest, now, names));
  }
  return views;
}

/** Names of who voted and for whom, by id. */
export function namesOfVoters(tx: Tx, votes: readonly Pick<StoredVote, 'person' | 'onBehalfOf'>[]): Promise<Map<string, string>> {
  return personLabel(
    tx,
    votes.flatMap(({ person, onBehalfOf }) => [person, ...(onBehalfOf === null ? [] : [onBehalfOf])]),
  );
}

export function voteView(vote: StoredVote, environment: string, intent: Digest, now: string, names: ReadonlyMap<string, string>) {
  const { id, releaseId, person, onBehalfOf, verdict, reason, at, expiresAt } = vote;
  const state = vote.endedAs ?? voteState(vote, intent, null, now);
  const name = names.get(person) ?? person;
  const onBehalfOfName = onBehalfOf === null ? null : (names.get(onBehalfOf) ?? onBehalfOf);
  return {
    id,
    release: releaseId,
    environment,
    person,
    name,
    onBehalfOf,
    onBehalfOfName,
    verdict,
    reason,
    intent: vote.intent,
    at,
    expiresAt,
    state,
  };
}

type OnWire = Omit<MayShipAnswer, 'serviceId' | 'environmentId' | 'meant' | 'v' | 'purpose'> & { readonly purpose: 'deploy' | 'rollback' };

/** An answer on the wire, as it was made and in words. */
export function mayShipView(of: OnWire, { missing, words }: Explained) {
  const { decision, release, environment, purpose, verdict, intent, rules, earliest, notAfter, at, policy, inputs, digest, observed } = of;
  const plainRules = rules.map((rule) => ({ ...rule, reasons: [...rule.reasons], read: [...rule.read], missing: rule.missing.map(plain) }));
  return {
    decision,
    release,
    environment,
    purpose,
    verdict,
    intent,
    rules: plainRules,
    missing: missing.map(wantedView),
    earliest,
    notAfter,
    at,
    policy,
    inputs: { ...inputs },
    digest,
    observed: observed === true,
    words: wordsView(words),
  };
}

/** A recorded answer on the wire. */
export async function decisionView(tx: Tx, { id, releaseId, environment, purpose, answer }: DecisionRow) {
  const explained = await explainRecorded(tx, answer, { environment, purpose });
  return mayShipView({ ...answer, decision: id, release: releaseId, environment, purpose }, explained);
}

/** The release's service and the named environment, or the problem that says which is missing. */
export async function placeOf(tx: Tx, release: ReleaseRow, environmentName: string) {
  const service = await serviceById(tx, release.serviceId);
  if (service === null) throw noSuchRelease({ release: release.id });
  const environment = await environmentByName(tx, environmentName);
  if (environment === null) throw noSuchEnvironment({ environment: environmentName });
  return { release, service, environment };
}

function plain({ what, who }: { readonly what: string; readonly who: readonly string[] }): { what: string; who: string[] } {
  return { what, who: [...who] };
}

function wantedView({ what, who, givers: { persons, count, roles, others } }: Wanted) {
  return { ...plain({ what, who }), givers: { persons: [...persons], count, roles: [...roles], others: [...others] } };
}

function wordsView({ headline, missing, when, rules }: Words) {
  return { headline, missing: [...missing], when, rules: rules.map((rule) => ({ ...rule, reasons: [...rule.reasons] })) };
}
