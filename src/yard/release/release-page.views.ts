import type { z } from 'zod';
import { serviceById } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import type { releasePage } from '../../contract/release-page.ts';
import type { Deployment } from '../../deployments/deployment.ts';
import { runningEverywhere } from '../../environments/environments.queries.ts';
import type { Running } from '../../environments/running.ts';
import { standingOf } from '../../environments/verification.ts';
import { personLabel, personsByEmail } from '../../identity/identity.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import { commitsBetween } from '../../pipelines/pipelines.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { ballotsOf, releaseOnWire, standings, type Standing } from '../../releases/page.api.ts';
import { targetOf, type ReleaseRow } from '../../releases/releases.queries.ts';
import { commitUrl, stepLines, ticketsIn, verifiedWord } from './release-page.ts';
import * as ask from './release-page.queries.ts';

export type Page = z.infer<(typeof releasePage)['answer']>;
type Names = ReadonlyMap<string, string>;

/** More commits than this are counted and not shown. */
const COMMITS = 200;

/** Everything about a release for its screen. What many rows need (names, versions) is asked once for all. */
export async function pageOfRelease(tx: Tx, actor: Actor, release: ReleaseRow): Promise<Page> {
  const service = await serviceById(tx, release.serviceId);
  if (service === null) throw notFound({ what: `the service of release ${release.id}` });
  const answers = await standings(tx, release, service);
  const onWire = await releaseOnWire(tx, release, answers);
  const deployments = await ask.deploymentsOfRelease(tx, release.id);
  const glasses = await ask.glassesOf(tx, release.id);
  const decisions = await ask.decisionLines(tx, release.id);
  const changes = await changesOf(tx, release, service);
  const labels = [...deployments.map((one) => one.requestedBy), ...decisions.map((one) => one.actor)];
  const names = await personLabel(tx, [
    ...new Set([
      ...labels.map((label) => label.slice(label.indexOf(':') + 1)),
      ...glasses.flatMap((one) => one.persons),
      ...(release.requestedBy === null ? [] : [release.requestedBy]),
      ...(release.held === null ? [] : [release.held.by]),
    ]),
  ]);
  return {
    at: await tx.now(),
    release: {
      ...onWire.release,
      notes: release.notes,
      team: service.team,
      tier: service.tier,
      requester: release.requestedBy === null ? null : personOf(release.requestedBy, names),
      held: release.held === null ? null : { ...release.held, by: personOf(release.held.by, names) },
    },
    environments: await environmentsOf(tx, actor, service, answers, onWire.environments),
    changes,
    votes: onWire.votes,
    deployments: deployments.map((row) => deploymentLine(row, nameOfEnvironment(answers), names)),
    decisions: decisions.map((one) => ({ ...one, actor: actorOf(one.actor, names) })),
    artifacts: await ask.artifactsOf(tx, release.digests),
    reports: reportsIn(answers),
    incidents: await ask.incidentsAround(
      tx,
      service.id,
      deployments.map((one) => one.id),
    ),
    breakGlass: glasses.map((one) => ({ ...one, persons: one.persons.map((id) => personOf(id, names)) })),
  } as Page;
}

/** A person by name, from a label as facts carry it; null for the program itself. */
export function actorOf(label: string, names: Names): { label: string; person: { id: string; name: string } | null } {
  const id = label.slice(label.indexOf(':') + 1);
  return { label, person: /^(?:person|bot):/.test(label) ? personOf(id, names) : null };
}

const personOf = (id: string, names: Names) => ({ id, name: names.get(id) ?? id });

/** Environments of the catalog that a deployment names by id; one that is gone keeps its id. */
function nameOfEnvironment(answers: readonly Standing[]): (id: string) => string {
  const names = new Map(answers.map(({ environment }) => [environment.id, environment.name]));
  return (id) => names.get(id) ?? id;
}

async function environmentsOf(
  tx: Tx,
  actor: Actor,
  service: Service,
  answers: readonly Standing[],
  targets: readonly Pick<Page['environments'][number], 'environment'>[],
): Promise<unknown[]> {
  const running = await runningEverywhere(tx, service.id);
  const plans = new Map<string, Awaited<ReturnType<typeof targetOf>>>();
  for (const { environment, loaded } of answers) plans.set(environment.id, await targetOf(tx, loaded.subject.release, environment.id));
  const versions = await ask.versionsOf(
    tx,
    [...plans.values()].flatMap((one) => one?.rollbackPlan?.to?.release ?? []),
  );
  const lines = [];
  for (const [index, standing] of answers.entries()) {
    const { environment, loaded, answer } = standing;
    const rules = loaded.inputs.gates.resolved.rules;
    const { debtDue, persons, timeBox } = rules.breakGlass;
    const plan = plans.get(environment.id)?.rollbackPlan ?? null;
    lines.push({
      ...targets[index],
      kind: environment.kind,
      after: [...environment.after],
      policy: { name: answer.policy.name, version: answer.policy.version },
      rules: answer.rules,
      running: runningLine(running.find((one) => one.environmentId === environment.id)),
      verified: verifiedWord(standingOf(loaded.inputs.lifecycle.here.said, rules.verification, loaded.now)),
      rollback:
        plan === null
          ? null
          : {
              kind: plan.kind,
              why: plan.why,
              to: plan.to === null ? null : { release: plan.to.release, version: versions.get(plan.to.release) ?? null },
            },
      breakGlass: { persons, timeBoxMs: timeBox, debtDueMs: debtDue },
      me: await ballotsOf(tx, actor, service, standing),
    });
  }
  return lines;
}

function runningLine(running: Running | undefined) {
  return running === undefined
    ? null
    : { release: running.releaseId, version: running.version, since: running.since, deployment: running.deploymentId };
}

async function changesOf(tx: Tx, release: ReleaseRow, service: Service): Promise<Page['changes']> {
  const before = await ask.releaseBefore(tx, service.id, release.createdAt, release.id);
  const range = await commitsBetween(tx, service.id, before?.commit ?? null, release.commit);
  const shown = range.commits.slice(0, COMMITS);
  const persons = await personsByEmail(tx, [...new Set(shown.flatMap((one) => one.author ?? []))]);
  const names = await personLabel(tx, [...new Set(persons.values())]);
  return {
    since: before === null ? null : { release: before.id, version: before.version },
    complete: range.complete,
    total: range.commits.length,
    commits: shown.map(({ id, subject, at, author }) => {
      const person = author === null ? undefined : persons.get(author.toLowerCase());
      return {
        id,
        subject,
        at,
        author: person === undefined ? null : personOf(person, names),
        url: commitUrl(service.repository?.url ?? null, id),
      };
    }),
    tickets: ticketsIn(range.commits.map((one) => one.subject)),
  };
}

/** One deployment of the release. */
function deploymentLine(row: Deployment, environment: (id: string) => string, names: Names) {
  const { id, kind, state, cause, reason, strategy, requestedAt, startedAt, finishedAt, earliest, previous } = row;
  return {
    id,
    environment: environment(row.environmentId),
    kind,
    state,
    cause,
    reason,
    strategy: strategy.kind,
    ...stepLines(row),
    requestedBy: actorOf(row.requestedBy, names),
    requestedAt,
    startedAt,
    finishedAt,
    earliest,
    previous: previous === null ? null : { release: previous.release, version: previous.version },
    compares: row.plan.some((step) => step.kind === 'observe'),
  };
}

/** The reports that any environment's gates read: the same for all of them, as they speak of digests. */
function reportsIn(answers: readonly Standing[]): Page['reports'] {
  const all = answers.flatMap(({ loaded }) => loaded.inputs.gates.facts.flatMap((facts) => facts.reports));
  return [...new Map(all.map(({ id, kind, name, state }) => [id, { id, kind, name, state }])).values()];
}
