import { Command, CommanderError } from 'commander';
import { Problem, toProblemJson } from '../kernel/problem.ts';
import { COMMANDS } from './commands.ts';
import { EXIT, exitOf, type Exit } from './exit-codes.ts';
import { makeShell, type CommandResult, type Shell } from './shell.ts';
import { plain } from './terminal.ts';

const EXITS = `
Exit codes:
  0  done, and the answer is yes
  1  what was asked for ended badly (a run failed, a deployment went back, a verification refused)
  2  asked wrongly (usage, a bad file, something that does not exist)
  3  denied (a decision says no, or you may not)
  4  not yet, or not known (wait, unknown, or the time to wait was over)
  5  no server could be reached, or it could not do it now
  70 a bug in ym

Environment: YARDMASTER_URL, YARDMASTER_TOKEN, NO_COLOR.`;

/** How a command file adds itself: `run` wraps an action so that it gets the shell and its result becomes the exit code. */
export type Run = <Args extends unknown[]>(
  action: (shell: Shell, ...args: Args) => Promise<CommandResult>,
) => (...args: unknown[]) => Promise<void>;
export type AddCommand = (program: Command, run: Run) => void;

/** The command line program; ends the process with the documented code. */
export async function cliMain(argv: readonly string[]): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const state: { exit: Exit; json: boolean } = { exit: EXIT.ok, json: argv.includes('--json') };
  const program = build(interrupted.signal, state);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    process.exitCode = state.exit;
  } catch (error) {
    process.exitCode = report(error, state.json, interrupted.signal);
  }
}

/** The whole program; completion and tests read its commands. */
export function build(signal: AbortSignal, state: { exit: Exit; json: boolean }): Command {
  const program = new Command('ym')
    .description('Yardmaster: from a commit to production, and the proof of why each step was allowed')
    .option('--url <url>', 'the server (default: YARDMASTER_URL, then http://127.0.0.1:7420)')
    .option('--token <token>', 'the credential (default: YARDMASTER_TOKEN, then what ym login kept)')
    .option('--json', 'one JSON object on stdout, for programs')
    .option('--quiet', 'no progress on stderr')
    .addHelpText('after', EXITS)
    .exitOverride()
    .showSuggestionAfterError(true)
    .enablePositionalOptions(false);
  const run: Run =
    (action) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      const options = command.optsWithGlobals<{ url?: string; token?: string; json?: boolean; quiet?: boolean }>();
      state.json = options.json === true;
      const shell = makeShell({ url: options.url, token: options.token, json: state.json, quiet: options.quiet === true }, signal);
      state.exit = (await action(shell, ...(args.slice(0, -1) as never))) ?? EXIT.ok;
    };
  for (const add of COMMANDS) add(program, run);
  inherit(program);
  return program;
}

/** The global options may stand before or after the command. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride();
    if (child.commands.length === 0) {
      for (const option of ['--url <url>', '--token <token>', '--json', '--quiet']) {
        const name = option.split(' ')[0] ?? '';
        if (!child.options.some((one) => one.long === name)) child.option(option, 'as for ym');
      }
    }
    inherit(child);
  }
}

function report(error: unknown, json: boolean, signal: AbortSignal): Exit {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Problem) {
    if (json) process.stdout.write(`${JSON.stringify({ problem: toProblemJson(error) })}\n`);
    process.stderr.write(
      `${plain(error.sentence)}\n${error.place === null ? '' : `at ${plain(error.place)}\n`}${plain(error.remedy)}\n[${error.code}]\n`,
    );
    return exitOf(error.code, error.status);
  }
  if (signal.aborted) {
    process.stderr.write('interrupted\n');
    return EXIT.waiting;
  }
  process.stderr.write(`ym has a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.bug;
}
