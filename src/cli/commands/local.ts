import type { Command } from 'commander';
import type { AddCommand } from '../main.ts';
import { answer } from '../local-answer.ts';

type Options = Readonly<Record<string, string | boolean | undefined>>;

/** ym version next, ym notes: on any repository, without a server */
export const localCommands: AddCommand = (program, run) => {
  const next = program
    .command('version')
    .description('versions from conventional commits and tags')
    .command('next', { isDefault: true })
    .description('the next version of a repository, without a server; 1: this branch may not give it');
  about(next)
    .option('--prerelease <name>', 'for example rc')
    .option('--hotfix', 'a patch even where no commit asks for one')
    .action(run(async (shell, options: Options) => say(shell.raw, 'version', options)));
  const notes = program.command('notes').description('release notes of what a repository holds, without a server');
  about(notes)
    .option('--from <ref>', 'what users already have (default: the version before)')
    .option('--all', 'every version of the history, newest first')
    .action(run(async (shell, options: Options) => say(shell.raw, 'notes', options)));
};

function about(command: Command): Command {
  return command
    .option('--repo <folder>', 'the repository', '.')
    .option('--path <path>', 'a service’s folder in a repository of several')
    .option('--name <name>', 'the service’s name, as tags have it')
    .option('--to <ref>', 'default HEAD')
    .option('--branch <name>', 'what the branch is called, where the checkout is detached')
    .option('--strategy <name>', 'trunk, gitflow, release-branch or calendar')
    .option('--calendar <scheme>', 'a calendar scheme, for example YYYY.0M.MICRO')
    .option('--tag-format <form>', 'how tags are written, for example v{version}')
    .option('--at <day>', 'the day of a calendar version (default: today, UTC)')
    .option('--no-cache', 'remember nothing of this, and use nothing remembered');
}

async function say(raw: (text: string) => void, command: 'version' | 'notes', options: Options) {
  const values = { ...options, 'tag-format': options['tagFormat'] };
  const { pieces, exit } = await answer({ command, values });
  for (const piece of pieces) raw(piece);
  return exit;
}
