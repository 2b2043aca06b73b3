import { environmentById, environmentByName, environmentsInOrder, serviceById } from '../catalog/catalog.queries.ts';
import { votesOn, type StoredVote } from '../changes/changes.queries.ts';
import { voteState } from '../changes/votes.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { loadInputs } from './inputs.queries.ts';
import { decide } from './may-ship.ts';
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
  for (const environment of await environmentsInOrder(tx)) {
    if (!row.targets.includes(environment.name)) continue;
    const loaded = await loadInputs(tx, { releaseId: row.id, environmentId: environment.id, purpose: 'deploy', deploymentId: null });
    if (loaded === null || loaded === 'no-environment') continue;
    const { verdict, intent, earliest, missing } = decide(loaded.subject, loaded.inputs, loaded.now);
    const checklist = checklistView(loaded.inputs.readiness);
    views.push({
      environment: environment.name,
      version: loaded.targetVersion,
      intent,
      verdict,
      earliest,
      missing: missing.map(plain),
      checklist,
    });
  }
  return views;
}

function checklistView({ checklist, ticks }: ReadinessInput) {
  return checklist.map((item) => {
    const tick = ticks.findLast((one) => one.item === item);
    return { item, state: tick?.state ?? ('open' as const), person: tick?.person ?? null };
  });
}

/** Votes on the wire, each with what it is worth for the intent of its environment now. */
export async function voteViews(tx: Tx, row: ReleaseRow, intents: ReadonlyMap<string, string>) {
  const now = await tx.now();
  const views = [];
  for (const vote of await votesOn(tx, row.id, null)) {
    const environment = (await environmentById(tx, vote.environmentId))?.name ?? vote.environmentId;
    views.push(voteView(vote, environment, (intents.get(environment) ?? vote.intent) as Digest, now));
  }
  return views;
}

export function voteView(vote: StoredVote, environment: string, intent: Digest, now: string) {
  const { id, releaseId, person, onBehalfOf, verdict, reason, at, expiresAt } = vote;
  const state = vote.endedAs ?? voteState(vote, intent, null, now);
  return { id, release: releaseId, environment, person, onBehalfOf, verdict, reason, intent: vote.intent, at, expiresAt, state };
}

/** An answer on the wire. */
export function mayShipView({
  decision,
  release,
  environment,
  purpose,
  verdict,
  intent,
  rules,
  missing,
  earliest,
  notAfter,
  at,
  policy,
  inputs,
  digest,
}: Omit<MayShipAnswer, 'serviceId' | 'environmentId' | 'meant' | 'v'>) {
  const plainRules = rules.map((rule) => ({ ...rule, reasons: [...rule.reasons], read: [...rule.read], missing: rule.missing.map(plain) }));
  return {
    decision,
    release,
    environment,
    purpose,
    verdict,
    intent,
    rules: plainRules,
    missing: missing.map(plain),
    earliest,
    notAfter,
    at,
    policy,
    inputs: { ...inputs },
    digest,
  };
}

/** A recorded answer on the wire. */
export function decisionView({ id, releaseId, environment, purpose, answer }: DecisionRow) {
  return mayShipView({ ...answer, decision: id, release: releaseId, environment, purpose });
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
