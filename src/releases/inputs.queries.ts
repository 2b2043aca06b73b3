import { environmentById, environmentsInOrder, serviceByName, serviceById } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import { configurationIn, type Service } from '../catalog/service.ts';
import { bookingsOf, openIncidents, verificationsOf, whatRuns } from '../environments/environments.queries.ts';
import type { Running } from '../environments/running.ts';
import { contentsOf } from '../artifacts/health/contents.queries.ts';
import { advisoriesOf } from '../artifacts/advisories/advisories.queries.ts';
import { gateFacts } from '../gates/gates.queries.ts';
import { withOpaAnswers } from '../gates/opa.queries.ts';
import { policyFor } from '../gates/levels.queries.ts';
import { policyDigest, resolvePolicy, type Policy, type ResolvedPolicy } from '../gates/policy/policy.ts';
import { supplyChainInputs } from '../artifacts/supply-chain.queries.ts';
import type { SourceFact } from '../gates/policy/facts.ts';
import { between, type Instant, type Millis } from '../kernel/time.ts';
import { branchProtection } from '../pipelines/merge-requests/protection.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { unpaidDebts } from '../waivers/debt.api.ts';
import { activeWaivers } from '../waivers/waivers.queries.ts';
import { approvalFacts } from './approval-facts.queries.ts';
import { freezesOf } from './calendar/freezes.queries.ts';
import { intentDigest, type AsWas, type ReleaseIntent } from './intent.ts';
import type { Subject } from './may-ship.ts';
import type { ShipPlan } from './plan.ts';
import { breakGlassOf, releaseById, targetOf, ticksOf, wasAllowed, type ReleaseRow, type TargetRow } from './releases.queries.ts';
import type { RuleInputs } from './rules.ts';
import { ticketFacts } from './tickets.api.ts';

/** Where a foreign tool deploys, no agent of ours is meant. No name of an agent begins so. */
const EXTERNAL = '@external';

export type Loaded = {
  readonly subject: Subject;
  readonly inputs: RuleInputs;
  readonly now: Instant;
  readonly serviceId: string;
  readonly environmentId: string;
  /** The target's row version, which a vote must carry; 1 where nothing was kept yet. */
  readonly targetVersion: number;
};

export type Question = {
  readonly releaseId: string;
  readonly environmentId: string;
  readonly purpose: 'deploy' | 'rollback';
  readonly deploymentId: string | null;
  readonly asWas?: AsWas | null;
};

/** A forge is looked at every few minutes; what it said this long ago says nothing any more. */
const PROTECTION_FRESH_MS: Millis = 3_600_000;

type Known = {
  readonly release: ReleaseRow;
  readonly service: Service;
  readonly environment: Environment;
  readonly target: TargetRow | null;
  readonly policy: Policy;
  readonly resolved: ResolvedPolicy;
  readonly running: Running | null;
  readonly now: Instant;
};

/**
 * Reads everything that mayShip decides from, as plain JSON. The clock is read first of all after the caller's locks:
 * what is read later can only be newer, and the answer holds for this instant.
 */
export async function loadInputs(tx: Tx, question: Question): Promise<Loaded | null | 'no-environment'> {
  const release = await releaseById(tx, question.releaseId);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  if (release === null || service === null) return null;
  const environment = await environmentById(tx, question.environmentId);
  if (environment === null) return 'no-environment';
  const now = await tx.now();
  const target = await targetOf(tx, release.id, environment.id);
  const policy = await policyFor(tx, service, release.commit);
  const resolved = resolvePolicy(policy, service.tier, environment.kind);
  const running = await whatRuns(tx, service.id, environment.id);
  const known: Known = { release, service, environment, target, policy, resolved, running, now };
  const subject = await subjectOf(tx, question, known);
  const inputs = await inputsOf(tx, question, known, subject);
  return { subject, inputs, now, serviceId: service.id, environmentId: environment.id, targetVersion: target?.version ?? 1 };
}

/** What is meant, from the release and the catalog as they are now. */
export function intentOf(
  known: Pick<Known, 'release' | 'service' | 'environment' | 'target' | 'resolved'>,
  asWas: AsWas | null = null,
): ReleaseIntent {
  const { release, service, environment, target, resolved } = known;
  return {
    v: 1,
    service: service.id,
    digests: release.digests,
    environment: environment.id,
    configuration: asWas?.configuration ?? configurationIn(service, environment.name),
    run: asWas?.run ?? service.run,
    schemaChange: release.schemaChange,
    plan: target?.plan ?? strategyPlan(environment),
    policyDigest: policyDigest(resolved),
    target: environment.deployedBy === 'external' ? EXTERNAL : environment.agent,
  };
}

/** The plan where none was attached: the environment's strategy. */
export function strategyPlan(environment: Pick<Environment, 'strategy'>): ShipPlan {
  return environment.strategy as unknown as ShipPlan;
}

async function subjectOf(tx: Tx, question: Question, known: Known): Promise<Subject> {
  const { release, environment, policy, now } = known;
  const glass = await breakGlassOf(tx, release.id, environment.id, now);
  const open =
    glass === null || glass.activeUntil === null
      ? null
      : { id: glass.id, until: glass.activeUntil, persons: glass.persons, ticket: glass.ticket };
  return {
    v: 1,
    release: release.id,
    releaseType: release.type,
    environment: environment.name,
    purpose: question.purpose,
    deployment: question.deploymentId,
    intent: intentOf(known, question.asWas),
    policy: { name: policy.name, version: policy.version },
    ...(known.service.observeOnly ? { observed: true as const } : {}),
    breakGlass: open,
  };
}

async function inputsOf(tx: Tx, question: Question, known: Known, subject: Subject): Promise<RuleInputs> {
  const { release, service, environment, resolved, now } = known;
  const waivers = await activeWaivers(tx, { serviceId: service.id, teamId: service.teamId, environmentId: environment.id }, now);
  const digests = await supplyChainInputs(tx, service, release.digests);
  const revoked = digests.flatMap((input) => (input.artifact?.revoked == null ? [] : [input.digest]));
  const { tier, team, name } = service;
  return {
    lifecycle: { ...(await lifecycleFacts(tx, question, known)), revoked },
    gates: await withOpaAnswers(
      tx,
      {
        resolved,
        facts: await factsOf(tx, known),
        waivers: waivers.filter((waiver) => ['check', 'finding', 'quarantine'].includes(waiver.kind)),
      },
      now,
    ),
    'supply-chain': { digests, policy: resolved.rules.supplyChain },
    approvals: {
      route: resolved.rules.approval,
      intent: intentDigest(subject.intent),
      deployment: question.deploymentId,
      ...(await approvalFacts(tx, { release, service, environment, running: known.running, route: resolved.rules.approval })),
    },
    calendar: {
      subject: {
        tier,
        team,
        service: name,
        environment: environment.name,
        kind: environment.kind,
        releaseType: release.type,
        purpose: question.purpose,
      },
      freezes: (await freezesOf(tx)).map(({ id, kind, scope, when, reason, ticket, exempt, onRunning, endedAt }) => ({
        id,
        kind,
        scope,
        when,
        reason,
        ticket,
        exempt,
        onRunning,
        endedAt,
      })),
      overrides: waivers
        .filter((waiver) => waiver.kind === 'freeze')
        .map((waiver) => ({ waiver: waiver.id, freeze: waiver.subject, until: waiver.expiresAt })),
    },
    readiness: await readinessFacts(tx, question, known),
    debt: { releaseType: release.type, debts: await unpaidDebts(tx, service.teamId) },
  };
}

/** What reports say of each digest, and where a check asks for them the tickets of the release and the protection of its branch. */
async function factsOf(tx: Tx, { release, service, running, resolved, now }: Known): Promise<RuleInputs['gates']['facts']> {
  const facts = await gateFacts(tx, release.serviceId, release.digests, running?.artifactDigests ?? null);
  // What only some rules ask for stands in the inputs of their decisions alone: others keep their digests. OPA is told all.
  const asks = (name: RegExp): boolean => resolved.rules.checks.some((check) => check.opa !== undefined || name.test(check.rule));
  const tickets = asks(/\btickets\b/) ? await ticketFacts(tx, release.id, now) : null;
  const source = asks(/\bsource\b/) ? await sourceFact(tx, service, now) : null;
  const found: RuleInputs['gates']['facts'][number][] = [];
  for (const one of facts) {
    const advisories = asks(/\badvisories\b/) ? await advisoriesOf(tx, one.digest) : null;
    const contents = asks(/\b(?:licences|dependencies)\b/) ? await contentsOf(tx, one.digest) : null;
    found.push({
      ...one,
      ...(tickets === null ? {} : { tickets }),
      ...(source === null ? {} : { source }),
      ...(advisories === null ? {} : { advisories }),
      ...(contents === null ? {} : { contents }),
    });
  }
  return found;
}

/** Whether the forge protects the branch that the service is released from; null: it did not say, or not lately enough. */
async function sourceFact(tx: Tx, service: Service, now: Instant): Promise<SourceFact | null> {
  if (service.repository === null) return null;
  const { url, branch } = service.repository;
  const seen = await branchProtection(tx, url, branch);
  if (seen === null || seen.state === 'unknown' || between(seen.seenAt, now) > PROTECTION_FRESH_MS) return null;
  return { branch, branchProtected: seen.state === 'protected' };
}

async function lifecycleFacts(tx: Tx, question: Question, known: Known): Promise<Omit<RuleInputs['lifecycle'], 'revoked'>> {
  const { release, service, environment, policy, resolved } = known;
  const all = await environmentsInOrder(tx);
  const before = all.filter((one) => environment.after.includes(one.name));
  const said = async (environmentId: string) => verificationsOf(tx, service.id, environmentId, release.id);
  const parts = [];
  for (const one of before) {
    const { checks, maxAge } = resolvePolicy(policy, service.tier, one.kind).rules.verification;
    parts.push({ environment: one.name, checks, maxAge, said: await said(one.id) });
  }
  return {
    purpose: question.purpose,
    abandoned: release.state === 'abandoned',
    ...(release.held === null ? {} : { held: { by: release.held.by, at: release.held.at } }),
    policy: resolved.rules.lifecycle,
    before: parts,
    here: { said: await said(environment.id), allowedBefore: await wasAllowed(tx, release.id, environment.id) },
  };
}

async function readinessFacts(tx: Tx, question: Question, known: Known): Promise<RuleInputs['readiness']> {
  const { release, service, environment, target, resolved, running, now } = known;
  const asked = resolved.rules.readiness;
  const dependencies = [];
  for (const { service: name, range } of asked.dependencies ? service.dependsOn : []) {
    const other = await serviceByName(tx, name);
    const there = other === null ? null : await whatRuns(tx, other.id, environment.id);
    dependencies.push({ service: name, range, running: there?.version ?? null });
  }
  const leaving = running === null || running.releaseId === release.id ? null : await targetOf(tx, running.releaseId, environment.id);
  return {
    purpose: question.purpose,
    releaseType: release.type,
    checklist: asked.checklist,
    ticks: await ticksOf(tx, release.id, environment.id),
    dependencies,
    incidents: (await openIncidents(tx, service.id, environment.id)).map(({ id, severity }) => ({ id, severity })),
    rollback: { required: asked.rollbackPlan, plan: target?.rollbackPlan ?? null },
    leaving: leaving?.rollbackPlan ?? null,
    bookings: (await bookingsOf(tx, service.id, environment.id, now)).map(({ id, owner, from, until }) => ({
      id,
      owner,
      from,
      until,
      own: owner === release.requestedBy,
    })),
  };
}
