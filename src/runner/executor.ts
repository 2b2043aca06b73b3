import type { Executor as ExecutorName, StepPlan } from '../contract/runner.ts';
import type { ProcessEnd } from '../host/process.run.ts';

/** Where one job lives on the runner's disk. Everything under `root` is made for the job and wiped after it. */
export type Place = {
  readonly root: string;
  readonly workspace: string;
  readonly home: string;
  readonly tmp: string;
  /** Scripts and control files: never writable for a sandboxed step. */
  readonly control: string;
  /** What steps write for the runner: their outputs. */
  readonly out: string;
  /** Downloads and packed files; steps never see it. */
  readonly transfer: string;
  readonly log: string;
};

export type StepRun = {
  readonly place: Place;
  readonly step: StepPlan;
  /** The file that holds the step's script, in `place.control`. */
  readonly script: string;
  /** The file for the step's outputs, in `place.out`. */
  readonly output: string;
  /** The step's environment, once it is known where things are as the step sees them. */
  readonly env: (at: {
    readonly path: string;
    readonly home: string;
    readonly tmp: string;
    readonly workspace: string;
    readonly output: string;
  }) => Record<string, string>;
  readonly network: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onOutput: (chunk: Uint8Array) => void | Promise<void>;
  readonly onStart: (group: number) => void;
};

/** A way to run steps. It says what it isolates, so that nobody has to guess. */
export type Executor = {
  readonly name: ExecutorName;
  /** What separates a step from this machine, in words; empty: nothing does. */
  isolation(network: boolean): readonly string[];
  run(step: StepRun): Promise<ProcessEnd>;
};

/** The program and arguments that run a script file. Shells stop at the first command that fails, in a pipe too. */
export function shellCommand(shell: StepPlan['shell'], script: string): readonly [string, ...string[]] {
  if (shell === 'bash') return ['bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', script];
  if (shell === 'sh') return ['sh', '-e', script];
  return [shell, script];
}

/** The file name of a step's script. `.js` lets Node find out by itself whether it is a module. */
export function scriptName(index: number, shell: StepPlan['shell']): string {
  return `${index}.${{ bash: 'sh', sh: 'sh', node: 'js', python3: 'py' }[shell]}`;
}
