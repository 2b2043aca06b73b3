import type { Millis } from '../../kernel/time.ts';

/**
 * A valid pipeline definition: what `.yardmaster/pipeline.yaml` means. Texts that may hold `${{ expressions }}` are
 * kept as written ("template"); they are evaluated when a run is planned (matrix) or a job is claimed (the rest).
 */
export type Pipeline = {
  readonly name: string;
  readonly on: Triggers;
  readonly env: Templates;
  /** In the order of the file; every name in `needs` is a job of this list, and there is no cycle. */
  readonly jobs: readonly Job[];
};

export type Triggers = {
  /** null: a push starts nothing. */
  readonly push: { readonly branches: readonly string[]; readonly tags: readonly string[]; readonly paths: readonly string[] } | null;
  /** null: nobody may start it by hand. */
  readonly manual: { readonly inputs: readonly InputDeclaration[] } | null;
};

export type InputDeclaration = {
  readonly name: string;
  readonly description: string | null;
  /** null: must be given. */
  readonly default: string | null;
  /** Empty: any text. */
  readonly choices: readonly string[];
};

export type Shell = 'bash' | 'sh' | 'node' | 'python3';
export const REPORT_KINDS = ['auto', 'tests', 'coverage', 'findings', 'sbom', 'junit', 'lcov', 'cobertura', 'sarif', 'cyclonedx'] as const;
/** What a report may be: `auto` leaves it to what the file holds, a topic or a format narrows it. */
export type ReportKind = (typeof REPORT_KINDS)[number];
/** `any`: the sandbox where the runner has one, else the host. */
export type ExecutorChoice = 'host' | 'sandbox' | 'any';
/** When a job runs, by how the jobs that it needs ended. */
export type When = 'succeeded' | 'failed' | 'always';
/** Variable name -> template. */
export type Templates = Readonly<Record<string, string>>;

export type Job = {
  readonly name: string;
  readonly needs: readonly string[];
  readonly when: When;
  /** CEL over run, needs, matrix, env; null: no condition. */
  readonly condition: string | null;
  readonly matrix: Matrix | null;
  readonly pool: string;
  readonly executor: ExecutorChoice;
  /** The environment whose secrets it asks for, by name; null: only the service's own. */
  readonly environment: string | null;
  readonly timeoutMs: Millis;
  /** How often it is tried again after a failure: 0 is once in all. */
  readonly retries: number;
  readonly env: Templates;
  readonly steps: readonly Step[];
  readonly caches: readonly Cache[];
  readonly artifacts: readonly { readonly name: string; readonly path: string }[];
  readonly inputs: readonly JobInput[];
  readonly reports: readonly { readonly name: string; readonly kind: ReportKind; readonly path: string }[];
  readonly outputs: readonly string[];
  readonly secrets: readonly string[];
  readonly network: boolean;
};

export type Step = {
  readonly name: string;
  /** Exactly as it stands in the file; never holds an expression. */
  readonly script: string;
  readonly shell: Shell;
  readonly condition: string | null;
  readonly env: Templates;
  readonly directory: string | null;
  /** null: as long as its job. */
  readonly timeoutMs: Millis | null;
  readonly continueOnError: boolean;
  readonly always: boolean;
};

/** `files`: the key also covers the content of these files of the repository. */
export type Cache = {
  readonly key: string;
  readonly files: readonly string[];
  readonly restoreKeys: readonly string[];
  readonly paths: readonly string[];
};
/** An artifact of a needed job, unpacked at `path`. Of a matrix job: each cell's, in a folder of its own. */
export type JobInput = { readonly artifact: string; readonly from: string; readonly path: string };

export type Scalar = string | number | boolean;
export type Matrix = {
  /** An axis is a list, or a template that evaluates to one over `run`. */
  readonly axes: Readonly<Record<string, readonly Scalar[] | string>>;
  readonly include: readonly Readonly<Record<string, Scalar>>[];
  readonly exclude: readonly Readonly<Record<string, Scalar>>[];
  readonly failFast: boolean;
};

export const MAX_MATRIX = 256;
export const MAX_JOBS = 200;
/** Jobs of one run after every matrix is expanded. */
export const MAX_PLANNED = 1000;
