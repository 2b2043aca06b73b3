import { CommanderError } from 'commander';
import { Problem, toProblemJson } from '../kernel/problem.ts';
import { bug, interrupted, usage } from './cli.problems.ts';
import { EXIT, exitOf, type Exit } from './exit-codes.ts';
import type { State } from './main.ts';
import { plain, plainJson } from './terminal.ts';
import { wordsOf } from './words.ts';

/** How a command ended that did not end by itself. `trace` only for bugs. */
export type Outcome = {
  readonly problem: Problem;
  readonly exit: Exit;
  readonly help: string;
  readonly trace: string | null;
  readonly groupHelp?: boolean;
};

/** What an error thrown by a command means. `help` names the help of what was typed. */
export function outcomeOf(error: unknown, wasInterrupted: boolean, help: string): Outcome {
  if (error instanceof CommanderError)
    return { problem: typing(error, help), exit: EXIT.usage, help, trace: null, groupHelp: error.code === 'commander.help' };
  if (error instanceof Problem) return { problem: error, exit: exitOf(error.code, error.status), help, trace: null };
  if (wasInterrupted) return { problem: interrupted({}), exit: EXIT.waiting, help, trace: null };
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { problem: bug({ what: error instanceof Error ? error.message : String(error) }), exit: EXIT.bug, help, trace };
}

/** Tells people on stderr, and programs with --json on stdout: one object, unless the answer was printed already. */
export function reportOutcome({ problem, exit, help, trace, groupHelp = false }: Outcome, state: Pick<State, 'json' | 'printed'>): Exit {
  const { sentence, remedy } = wordsOf(problem, help);
  const place = problem.place === null ? [] : [`at ${problem.place}`];
  // The help of a group was just written: there is nothing to add for people.
  if (!groupHelp)
    process.stderr.write(plain([sentence, ...place, remedy, `[${problem.code}]`, ...(trace === null ? [] : [trace]), ''].join('\n')));
  if (state.json && !state.printed) process.stdout.write(`${plainJson({ problem: toProblemJson(problem) })}\n`);
  return exit;
}

function typing(error: CommanderError, help: string): Problem {
  const group = error.code === 'commander.help';
  const words = group ? 'A word is missing after this.' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return usage({ what: /[.?)]$/.test(sentence) ? sentence : `${sentence}.`, try: `See: ${help}` });
}
