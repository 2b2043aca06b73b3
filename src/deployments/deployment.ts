import type { StrategySpec } from '../catalog/environment.ts';
import type { ActResult, Order } from '../contract/agent.ts';
import type { DeploymentState } from '../contract/deployments.ts';
import type { Reason, Verdict } from '../kernel/decision.ts';
import type { Instant } from '../kernel/time.ts';
import type { Told } from '../kernel/told.ts';
import type { AsWas } from '../releases/intent.ts';
import type { Role, Step } from './strategy.ts';

/** How an instance is started, but for its name. */
export type StartOrder = Omit<Extract<Order, { phase: 'start' }>, 'phase' | 'instance'>;

/** What ran before and is gone back to. */
export type Previous = { readonly release: string; readonly version: string; readonly digest: string; readonly instance: string };

/** The last thing that may-ship said to this deployment. */
export type Asked = {
  readonly decision: string | null;
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly intent: string;
  readonly at: Instant;
  /** The verdict and reasons of every rule in short: another text is another answer. */
  readonly meaning: string;
};

/** What is known of a deployment that a foreign tool does. */
export type ExternalDeployment = {
  /** null: it was only asked whether it may. */
  readonly system: string | null;
  readonly id: string | null;
  readonly attempt: number;
  readonly url: string | null;
  readonly told: Told;
  /** The last recorded allow, and until when it holds. */
  readonly admission: { readonly decision: string; readonly intent: string; readonly notAfter: Instant } | null;
  /** The decision on which it began, whatever that said. */
  readonly decision: string | null;
  /** It was asked whether it may before it began, whatever the answer was. */
  readonly asked: boolean;
  /** null: it has not begun. */
  readonly admitted: boolean | null;
  readonly observed: boolean;
};

export type Deployment = {
  readonly id: string;
  readonly serviceId: string;
  readonly environmentId: string;
  readonly releaseId: string;
  readonly versionName: string;
  readonly digest: string;
  readonly kind: 'deploy' | 'rollback';
  readonly state: DeploymentState;
  /** One sentence: why it is where it is. */
  readonly cause: string;
  readonly reason: string | null;
  readonly requestedBy: string;
  readonly strategy: StrategySpec;
  readonly startOrder: StartOrder;
  readonly plan: readonly Step[];
  readonly step: number;
  readonly back: readonly Step[] | null;
  readonly backStep: number;
  readonly previous: Previous | null;
  readonly agentId: string | null;
  readonly leaseToken: number | null;
  readonly holds: boolean;
  /** It was written down as what runs. */
  readonly recorded: boolean;
  readonly stepSince: Instant | null;
  readonly holdUntil: Instant | null;
  readonly earliest: Instant | null;
  readonly lastAnswer: Asked | null;
  readonly cancelReason: string | null;
  readonly cancelBy: string | null;
  /** A foreign tool does it and tells us; the engine leaves it alone. null: we do it. */
  readonly external: ExternalDeployment | null;
  readonly requestedAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly version: number;
};

export type ActState = 'queued' | 'claimed' | 'unknown' | 'succeeded' | 'failed' | 'refused' | 'withdrawn';

export type DeploymentAct = {
  readonly id: string;
  readonly deploymentId: string;
  readonly agentId: string;
  readonly seq: number;
  readonly step: number;
  readonly back: boolean;
  readonly token: number;
  readonly work: Order;
  readonly decisionId: string | null;
  readonly state: ActState;
  readonly notAfter: Instant;
  readonly session: string | null;
  readonly claimUntil: Instant | null;
  readonly result: ActResult | null;
  readonly createdAt: Instant;
  readonly claimedAt: Instant | null;
  readonly finishedAt: Instant | null;
};

/** The steps that are being walked: the way there, or the way back. */
export function stepsOf(deployment: Pick<Deployment, 'plan' | 'step' | 'back' | 'backStep'>): {
  readonly steps: readonly Step[];
  readonly at: number;
} {
  return deployment.back === null ? { steps: deployment.plan, at: deployment.step } : { steps: deployment.back, at: deployment.backStep };
}

/** The name of the instance that plays `role` in this deployment, or null where nobody does. */
export function instanceOf(deployment: Pick<Deployment, 'id' | 'previous'>, role: Role): string | null {
  if (role === 'stable') return deployment.previous?.instance ?? null;
  return `${role}-${deployment.id.slice(-16)}`;
}

/** Whether a fresh copy of what ran before takes part. */
export function hasBaseline(plan: readonly Step[]): boolean {
  return plan.some((step) => step.kind === 'start' && step.role === 'baseline');
}

/** How a deployment started its release: what a way back to it starts again. */
export function asWas(of: Pick<Deployment, 'startOrder' | 'plan'>): AsWas {
  const smoke = of.plan.find((step) => step.kind === 'smoke');
  const { run, configuration } = of.startOrder;
  return { configuration, run: { ...run, ...(smoke === undefined ? {} : { smoke: { command: [...smoke.command] } }) } };
}

/** The lease of a place: its token is what agents fence by. */
export function leaseName(row: Pick<Deployment, 'serviceId' | 'environmentId'>): string {
  return `deploy:${row.serviceId}:${row.environmentId}`;
}

/** Which wave is on the machine now: traffic counted now belongs to it. -1 before the first. */
export function waveOf(row: Pick<Deployment, 'plan' | 'step'>): number {
  const weighed = row.plan.slice(0, row.step + 1).findLast((step) => step.kind === 'observe');
  return weighed?.kind === 'observe' ? weighed.wave : -1;
}
