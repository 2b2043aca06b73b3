/** The variables of expressions: what they are called, what is in them, and where each may be used. */

/** What `run` holds: known when the run is planned. */
export type RunContext = {
  readonly id: string;
  readonly trigger: 'push' | 'manual';
  readonly trust: 'untrusted' | 'trusted' | 'protected';
  readonly commit: string | null;
  /** `refs/heads/main`; chosen by whoever pushed. */
  readonly ref: string | null;
  readonly branch: string | null;
  readonly tag: string | null;
  readonly service: string | null;
  readonly inputs: Readonly<Record<string, string>>;
};

export const RUN_FIELDS = [
  'id',
  'trigger',
  'trust',
  'commit',
  'ref',
  'branch',
  'tag',
  'service',
  'inputs',
] as const satisfies readonly (keyof RunContext)[];

/** How a needed job ended, over all its matrix cells: the worst of them. */
export type NeedContext = { readonly result: JobOutcome['result']; readonly outputs: Readonly<Record<string, string>> };
export const NEED_FIELDS = ['result', 'outputs'] as const satisfies readonly (keyof NeedContext)[];

/** How one planned job ended. */
export type JobOutcome = {
  readonly result: 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'skipped' | 'refused';
  readonly outputs: Readonly<Record<string, string>>;
};

/** The variables of each place. `env` means the variables of the levels above. */
export const VARIABLES = {
  matrix: ['run'],
  pipelineEnv: ['run'],
  jobEnv: ['run', 'matrix', 'needs', 'env'],
  jobIf: ['run', 'matrix', 'needs', 'env'],
  stepEnv: ['run', 'matrix', 'needs', 'env'],
  stepIf: ['run', 'matrix', 'needs', 'env'],
  cache: ['run', 'matrix', 'needs', 'env'],
} as const;
export const ROOTS = ['run', 'matrix', 'needs', 'env'] as const;

const WORST: readonly JobOutcome['result'][] = ['refused', 'timed-out', 'failed', 'cancelled', 'skipped', 'succeeded'];

/** One result for a matrix job: the worst of its cells. No cell at all is `skipped`. Outputs: those of later cells win. */
export function needOf(outcomes: readonly JobOutcome[]): NeedContext {
  const result = WORST.find((word) => outcomes.some((outcome) => outcome.result === word)) ?? 'skipped';
  return { result, outputs: Object.assign({}, ...outcomes.map((outcome) => outcome.outputs)) as Record<string, string> };
}
