import type { RunSpec } from '../catalog/service.ts';
import { useVotes } from '../changes/changes.api.ts';
import { votesOn } from '../changes/changes.queries.ts';
import { voteState } from '../changes/votes.ts';
import { opaQuestions } from '../gates/policy/evaluate.ts';
import { isDue, OPA_TASK } from '../gates/policy/opa.ts';
import type { Actor } from '../kernel/actor.ts';
import { actorLabel } from '../kernel/actor.ts';
import { canonicalJson } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { shareCalendar } from './calendar/freeze.store.ts';
import { insertDecision } from './decision.store.ts';
import { loadInputs, type Loaded } from './inputs.queries.ts';
import type { AsWas } from './intent.ts';
import { decide, type MayShip } from './may-ship.ts';
import type { ShipPlan } from './plan.ts';
import { bumpTarget, lockTarget } from './release.store.ts';
import { decisionRecorded } from './releases.events.ts';
import { noSuchEnvironment, noSuchRelease } from './releases.problems.ts';
import { releaseById } from './releases.queries.ts';
import { RULES } from './rules.ts';

export type MayShipRequest = {
  /** For `rollback` the release that is gone back TO. */
  readonly releaseId: string;
  readonly environmentId: string;
  readonly actor: Actor;
  readonly purpose: 'deploy' | 'rollback' | 'preview';
  /** At an act: the answer, an allow or a refusal, is kept with its inputs and told as a fact. Needs a writing transaction. */
  readonly record: boolean;
  /** The deployment that asks. A recorded allow uses the approvals up for it: they count for no other deployment. */
  readonly deploymentId?: string | null;
  /**
   * For the way back: how the release was started when it was good there. Going back passes approvals, so it means
   * this and not what the catalog says by now, which nobody may have approved.
   */
  readonly asWas?: AsWas | null;
};

/** The answer with what exactly it speaks of: whoever acts, acts on these values and on no others. */
export type MayShipAnswer = MayShip & {
  readonly decision: string | null;
  readonly release: string;
  readonly serviceId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly purpose: 'deploy' | 'rollback';
  readonly meant: {
    readonly digests: readonly Digest[];
    readonly configuration: Readonly<Record<string, string>>;
    readonly run: RunSpec | null;
    readonly plan: ShipPlan;
  };
};

/**
 * May this release go to (or back to) this environment now? The only code path of every door. With `record` it takes
 * the release's target lock and shares the calendar's, so that neither a vote nor a freeze can slip between the answer
 * and the act, provided the act's row is written in this same transaction.
 */
export async function mayShip(tx: Tx, request: MayShipRequest): Promise<MayShipAnswer> {
  if (request.record) {
    if ((await releaseById(tx, request.releaseId)) === null) throw noSuchRelease({ release: request.releaseId });
    await lockTarget(tx, request.releaseId, request.environmentId, await tx.now());
    await shareCalendar(tx);
  }
  const { loaded, answer } = await look(tx, request);
  if (request.record) await wakeOpa(tx, request, loaded);
  const decision = request.record && request.purpose !== 'preview' ? await recordDecision(tx, request, loaded, answer) : null;
  const { digests, configuration, run, plan } = loaded.subject.intent;
  const { release, environment, purpose } = loaded.subject;
  const { serviceId, environmentId } = loaded;
  return { ...answer, decision, release, serviceId, environmentId, environment, purpose, meant: { digests, configuration, run, plan } };
}

/** Where a check waits for an answer of OPA, it is asked after this transaction: whoever asks us again then knows more. */
async function wakeOpa(tx: Tx, { releaseId, environmentId }: MayShipRequest, { inputs, now }: Loaded): Promise<void> {
  const due = opaQuestions(inputs.gates, now).some((question) =>
    inputs.gates.facts.some((one) => one.digest === question.artifact && isDue(question, one.opa, now)),
  );
  if (due) await tx.wake(OPA_TASK, `${releaseId}:${environmentId}`, { release: releaseId, environment: environmentId });
}

/** The answer as of now with what it was made from; records nothing and takes no lock. */
export async function look(
  tx: Tx,
  request: Omit<MayShipRequest, 'actor' | 'record'>,
): Promise<{ readonly loaded: Loaded; readonly answer: MayShip }> {
  const loaded = await loadInputs(tx, {
    releaseId: request.releaseId,
    environmentId: request.environmentId,
    purpose: request.purpose === 'rollback' ? 'rollback' : 'deploy',
    deploymentId: request.deploymentId ?? null,
    asWas: request.purpose === 'rollback' ? (request.asWas ?? null) : null,
  });
  if (loaded === null) throw noSuchRelease({ release: request.releaseId });
  if (loaded === 'no-environment') throw noSuchEnvironment({ environment: request.environmentId });
  return { loaded, answer: decide(loaded.subject, loaded.inputs, loaded.now) };
}

async function recordDecision(tx: Tx, request: MayShipRequest, loaded: Loaded, answer: MayShip): Promise<string> {
  const { subject, inputs, serviceId, environmentId } = loaded;
  const { blobs } = tx.floor;
  await Promise.all([subject, ...RULES.map((name) => inputs[name])].map((value) => blobs.put(canonicalJson(value))));
  const id = tx.floor.newId('dec');
  const { release, environment, purpose, deployment } = subject;
  const row = {
    id,
    serviceId,
    releaseId: release,
    environmentId,
    environment,
    purpose,
    answer,
    deploymentId: deployment,
    actor: actorLabel(request.actor),
    at: answer.at,
  };
  await insertDecision(tx, row);
  const { verdict, digest, intent, at, notAfter, policy } = answer;
  const body = { release, environment, purpose, verdict, digest, intent, deployment, at, notAfter, policy, inputs: { ...answer.inputs } };
  await tx.record(decisionRecorded, { subject: id, actor: request.actor, service: serviceId, body });
  if (verdict === 'allow' && purpose === 'deploy' && deployment !== null) await useUpVotes(tx, request.actor, loaded, answer, deployment);
  return id;
}

/** The approvals on which this deployment begins are its own from now on. */
async function useUpVotes(tx: Tx, actor: Actor, loaded: Loaded, answer: MayShip, deployment: string): Promise<void> {
  const votes = await votesOn(tx, loaded.subject.release, loaded.environmentId);
  const fresh = votes.filter(
    (vote) => vote.verdict === 'approve' && vote.usedBy === null && voteState(vote, answer.intent, deployment, answer.at) === 'active',
  );
  await useVotes(tx, actor, fresh, loaded.subject.environment, deployment);
  // A new version to vote on: who approved this deployment may approve another one, and an old request sent again is nothing.
  const target = { releaseId: loaded.subject.release, environmentId: loaded.environmentId, version: loaded.targetVersion };
  if (fresh.length > 0) await bumpTarget(tx, target);
}
