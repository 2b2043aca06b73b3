import type { StrategySpec } from '../catalog/environment.ts';
import type { Millis } from '../kernel/time.ts';

/** What takes part: what ran before, what is coming, and a fresh copy of what ran before to compare with. */
export type Role = 'stable' | 'candidate' | 'baseline';

/** One step of a deployment. Steps on the machine become acts; `observe` and `record` happen on the server. */
export type Step =
  | { readonly kind: 'start'; readonly role: 'candidate' | 'baseline' }
  /** Percent of the requests by role. `wave` is null where everything goes to one. */
  | { readonly kind: 'weigh'; readonly weights: Readonly<Record<Role, number>>; readonly wave: number | null; readonly observe: boolean }
  | {
      readonly kind: 'observe';
      readonly wave: number;
      readonly forMs: Millis;
      /** Without proof until then, the way back is taken. */
      readonly maxMs: Millis;
      readonly minRequests: number;
      readonly marginPermille: number;
      readonly against: 'baseline' | 'stable';
    }
  /** From here on it is what runs. */
  | { readonly kind: 'record' }
  | { readonly kind: 'check'; readonly verifies: boolean }
  | { readonly kind: 'smoke'; readonly command: readonly string[]; readonly verifies: boolean }
  | { readonly kind: 'stop'; readonly roles: readonly Role[] };

/** How long requests that are being answered may take before an instance is ended. */
export const DRAIN_MS: Millis = 10_000;
export const SMOKE_MS: Millis = 60_000;

export type Facts = {
  /** Whether something runs here already. */
  readonly running: boolean;
  readonly smoke: readonly string[] | null;
};

/**
 * The steps that bring a release into an environment: a pure value, made before anything happens and shown to people.
 * A smoke test runs before the first request comes in, and again when all have come. Without something that runs there
 * is nothing to compare with, so a canary becomes all at once.
 */
export function planOf(strategy: StrategySpec, facts: Facts): readonly Step[] {
  const before: Step[] = facts.smoke === null ? [] : [{ kind: 'smoke', command: facts.smoke, verifies: false }];
  const after: Step[] = [
    { kind: 'record' },
    { kind: 'check', verifies: true },
    ...(facts.smoke === null ? [] : [{ kind: 'smoke', command: facts.smoke, verifies: true } as const]),
  ];
  const start: Step = { kind: 'start', role: 'candidate' };
  const all: Step = { kind: 'weigh', weights: { candidate: 100, baseline: 0, stable: 0 }, wave: null, observe: false };
  if (!facts.running) return [start, ...before, all, ...after];
  if (strategy.kind === 'all-at-once') return [start, ...before, all, ...after, { kind: 'stop', roles: ['stable'] }];
  const baseline: Step[] = strategy.baseline ? [{ kind: 'start', role: 'baseline' }] : [];
  const waves = strategy.steps.flatMap((step, wave) => waveOf(strategy, step, wave));
  const gone: readonly Role[] = strategy.baseline ? ['stable', 'baseline'] : ['stable'];
  return [start, ...before, ...baseline, ...waves, all, ...after, { kind: 'stop', roles: gone }];
}

type Canary = Extract<StrategySpec, { kind: 'canary' }>;

function waveOf(strategy: Canary, step: Canary['steps'][number], wave: number): Step[] {
  const weights = weightsOf(step.weight, strategy.baseline);
  return [
    { kind: 'weigh', weights, wave, observe: true },
    {
      kind: 'observe',
      wave,
      forMs: step.forMs,
      maxMs: Math.max(4 * step.forMs, step.forMs + 60_000),
      minRequests: strategy.minRequests,
      marginPermille: strategy.maxErrorRateWorse,
      against: strategy.baseline ? 'baseline' : 'stable',
    },
  ];
}

/** Canary and baseline take the same share, so that they are compared on equal terms; the rest stays where it was. */
function weightsOf(weight: number, baseline: boolean): Record<Role, number> {
  const share = Math.max(0, Math.min(100, Math.round(weight)));
  if (!baseline) return { candidate: share, baseline: 0, stable: 100 - share };
  const twin = Math.min(share, 100 - share);
  return { candidate: share, baseline: twin, stable: 100 - share - twin };
}

/** The way back: traffic first, at once; then what came is stopped. Where nothing ran before, nothing serves afterwards. */
export function wayBackOf(running: boolean, hasBaseline: boolean): readonly Step[] {
  const weights = { candidate: 0, baseline: 0, stable: running ? 100 : 0 };
  const roles: readonly Role[] = hasBaseline ? ['candidate', 'baseline'] : ['candidate'];
  return [
    { kind: 'weigh', weights, wave: null, observe: false },
    { kind: 'stop', roles },
  ];
}

/** A step in words, for people. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'start':
      return `start the ${step.role} and wait until it is healthy`;
    case 'weigh': {
      const shares = (['candidate', 'baseline', 'stable'] as const).filter((role) => step.weights[role] > 0);
      return shares.length === 0 ? 'take all traffic away' : shares.map((role) => `${step.weights[role]} % to the ${role}`).join(', ');
    }
    case 'observe':
      return `compare with the ${step.against} for ${step.forMs} ms, ${step.maxMs} ms at most, margin ${step.marginPermille} permille`;
    case 'record':
      return 'record it as what runs';
    case 'check':
      return 'check its health';
    case 'smoke':
      return step.verifies ? 'run the smoke test, which verifies it' : 'run the smoke test before any traffic';
    case 'stop':
      return `stop ${step.roles.join(' and ')}`;
  }
}
