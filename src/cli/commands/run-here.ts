import { formatDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import { keyValues, oneOf } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, table } from '../terminal.ts';

export type LocalOptions = { directory: string; job?: string; input?: string[]; secret?: string[]; executor?: string; out?: string };

/** `ym run local`: the log goes to stdout for people, to stderr with --json; the summary is the answer. */
export async function runHere(shell: Shell, options: LocalOptions): Promise<Exit> {
  const executor = options.executor === undefined ? undefined : oneOf('--executor', options.executor, ['host', 'sandbox']);
  const { runLocal } = await import('../run-local.ts');
  const say = (text: string): void => (shell.json ? shell.progress(text) : shell.raw(`${text}\n`));
  const summary = await runLocal(
    {
      directory: options.directory,
      inputs: keyValues(options.input),
      secrets: secretsOf(options.secret ?? []),
      ...(options.job === undefined ? {} : { job: options.job }),
      ...(executor === undefined ? {} : { executor }),
      ...(options.out === undefined ? {} : { out: options.out }),
    },
    say,
    shell.signal,
  );
  const rows = summary.jobs.map((one) => [`  ${line(one.job)}`, one.result, formatDuration(one.durationMs), line(one.cause ?? '')]);
  shell.print(`The run ${summary.ok ? 'succeeded' : 'failed'}, on this machine only.\n${table(rows)}`, summary);
  return summary.ok ? EXIT.ok : EXIT.failed;
}

function secretsOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = process.env[name];
      if (value === undefined)
        throw usage({ what: `There is no environment variable ${name}.`, try: `Set it before: ${name}=... ym run local --secret ${name}` });
      return [name, value];
    }),
  );
}
