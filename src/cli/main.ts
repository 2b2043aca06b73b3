import { readFileSync } from 'node:fs';
import { Command, CommanderError, type Option } from 'commander';
import { trustAuthorities } from '../host/trust.system.ts';
import { COMMAND_FILES, type CommandFile } from './commands.ts';
import { EXIT, type Exit } from './exit-codes.ts';
import { outcomeOf, reportOutcome } from './report.ts';
import { makeShell, type CommandResult, type Shell } from './shell.ts';

const AFTER = `
Exit codes:
  0  done, and the answer is yes
  1  what was asked for ended badly (a run failed, a deployment went back, a
     verification refused)
  2  asked wrongly (usage, a bad file, something that does not exist)
  3  denied (a decision says no, or you may not)
  4  not yet, or not known (wait, unknown, or the time to wait was over)
  5  no server could be reached, or it could not do it now
  70 a bug in ym

Names: RELEASE is SERVICE@VERSION, an id, or SERVICE for its newest. RUN is an id,
or SERVICE for its newest. DEPLOYMENT is an id, or RELEASE/ENVIRONMENT. PERSON is
an id or an e-mail address.
Environment: YARDMASTER_URL, YARDMASTER_TOKEN, YARDMASTER_CA, NO_COLOR.`;

/** How a command file adds itself: `run` wraps an action so that it gets the shell and its result becomes the exit code. */
export type Run = <Args extends unknown[]>(
  action: (shell: Shell, ...args: Args) => Promise<CommandResult>,
) => (...args: unknown[]) => Promise<void>;
export type AddCommand = (program: Command, run: Run) => void;

/** What a run of the program leaves behind for its report. */
export type State = { exit: Exit; json: boolean; printed: boolean };

/** The command line program; ends the process with the documented code. */
export async function cliMain(argv: readonly string[]): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    process.once('SIGINT', () => process.exit(130));
    interrupted.abort(new Error('interrupted'));
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const state: State = { exit: EXIT.ok, json: argv.includes('--json'), printed: false };
  if (argv[0] === '--version' || argv[0] === '-V') return sayVersion(state.json);
  const program = await build(interrupted.signal, state, filesFor(argv));
  try {
    trustAuthorities();
    await program.parseAsync([...argv], { from: 'user' });
    process.exitCode = state.exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = reportOutcome(outcomeOf(error, interrupted.signal.aborted, helpOf(program, argv)), state);
  }
}

/** The files that a command line needs: that of its first word, or all of them for help, completion and typing errors. */
export function filesFor(argv: readonly string[]): readonly CommandFile[] {
  const word = wordsIn(argv)[0];
  const chosen = COMMAND_FILES.filter((file) => word !== undefined && file.words.includes(word));
  return chosen.length === 0 || word === 'completion' ? COMMAND_FILES : chosen;
}

/** The words that are no options and no values of the global options. */
function wordsIn(argv: readonly string[]): string[] {
  return argv.filter((word, i) => !word.startsWith('-') && argv[i - 1] !== '--url' && argv[i - 1] !== '--token');
}

/** The whole program, or the part of it that `files` add; completion and tests read its commands. */
export async function build(signal: AbortSignal, state: State, files: readonly CommandFile[] = COMMAND_FILES): Promise<Command> {
  const program = new Command('ym')
    .description('Yardmaster: from a commit to production, and the proof of why each step was allowed')
    .option('--url <url>', 'the server (default: YARDMASTER_URL, then http://127.0.0.1:7420)')
    .option('--token <token>', 'the credential (default: YARDMASTER_TOKEN, then what ym login kept)')
    .option('--json', 'one JSON object on stdout, for programs')
    .option('--quiet', 'no progress on stderr')
    .option('-V, --version', 'the version of ym')
    .addHelpText('after', AFTER)
    .exitOverride()
    .showSuggestionAfterError(true)
    // What stands behind a command is the command's: its --url or --token may mean something else than ours.
    .enablePositionalOptions()
    // Errors of the arguments are told by report.ts, in words and as JSON alike.
    .configureOutput({ outputError: () => undefined, writeErr: (text) => void (state.json || process.stderr.write(text)) })
    .configureHelp({
      subcommandTerm: (command) => [command.name(), command.usage().replace(/^\[options\] ?|\[command\]$/g, '')].join(' ').trim(),
    });
  const run: Run =
    (action) =>
    async (...args) => {
      const options = globalsOf(args.at(-1) as Command);
      state.json = options.json === true;
      const given = { url: options.url, token: options.token, json: state.json, quiet: options.quiet === true };
      const shell = makeShell(given, signal, () => void (state.printed = true));
      state.exit = (await action(shell, ...(args.slice(0, -1) as never))) ?? EXIT.ok;
    };
  const loaded = await Promise.all(files.map(async (file) => ({ file, adds: await file.load() })));
  for (const { file, adds } of loaded) {
    program.commandsGroup(file.group);
    for (const add of adds) add(program, run);
  }
  inherit(program);
  return program;
}

const GLOBAL = ['--url <url>', '--token <token>', '--json', '--quiet'];

type Globals = { url?: string; token?: string; json?: boolean; quiet?: boolean };

/** Copies of the global options, as opposed to options of commands that are called the same. */
const copies = new WeakSet<Option>();

/** The global options may stand anywhere; behind a command that has one of the same name, that name is the command's. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.helpCommand(false);
    const own: string[] = [];
    for (const flags of GLOBAL) {
      const option = child.createOption(flags).hideHelp();
      if (child.options.some((one) => one.long === option.long)) {
        own.push(option.long ?? '');
        continue;
      }
      copies.add(option);
      child.addOption(option);
    }
    if (child.commands.length === 0) child.addHelpText('after', `\n${alsoTaken(own)}`);
    else child.enablePositionalOptions();
    inherit(child);
  }
}

/** The line of a command's help that names the global options, and where those stand whose name the command has itself. */
function alsoTaken(own: readonly string[]): string {
  const others = GLOBAL.map((flags) => flags.split(' ')[0] ?? '').filter((long) => !own.includes(long));
  const also = `Also ${others.slice(0, -1).join(', ')} and ${others.at(-1) ?? ''}, as for ym.`;
  return own.length === 0 ? also : `${also} The ${own.join(', ')} of ym stands before: ym ${own.join(' ')} ...`;
}

/** The global options of a command line: what stands nearest to the command counts. */
function globalsOf(command: Command): Globals {
  const found: Record<string, unknown> = {};
  for (let at: Command | null = command; at !== null; at = at.parent)
    for (const option of at.options) {
      const name = option.attributeName();
      if (at.parent === null || copies.has(option)) found[name] ??= at.getOptionValue(name) as unknown;
    }
  return found;
}

/** The help that belongs to what was typed: `ym token create --help`. */
function helpOf(program: Command, argv: readonly string[]): string {
  let at = program;
  const path = ['ym'];
  for (const word of wordsIn(argv)) {
    const next = at.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    path.push(word);
    at = next;
  }
  return `${path.join(' ')} --help`;
}

function sayVersion(json: boolean): void {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  process.stdout.write(json ? `${JSON.stringify({ version, node: process.version })}\n` : `ym ${version}\n`);
}
