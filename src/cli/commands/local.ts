import type { AddCommand } from '../main.ts';
import { notes } from '../notes.ts';
import { versionNext } from '../version.ts';

/** ym version next, ym notes: on any repository, without a server */
export const localCommands: AddCommand = (program, run) => {
  program
    .command('version')
    .description('versions from conventional commits and tags')
    .command('next', { isDefault: true })
    .description('the next version of a repository, without a server')
    .option('--repo <folder>', 'the repository', '.')
    .option('--path <path>', 'a service’s folder in a repository of several')
    .option('--name <name>', 'the service’s name, as tags have it')
    .option('--prerelease <name>', 'for example rc')
    .option('--to <ref>', 'default HEAD')
    .action(
      run(async (shell, options: { repo: string; path?: string; name?: string; prerelease?: string; to?: string }) => {
        const { text, json } = await versionNext(options);
        shell.print(text, json);
      }),
    );
  program
    .command('notes')
    .description('release notes between two points of a repository, without a server')
    .option('--repo <folder>', 'the repository', '.')
    .option('--from <ref>', 'what users already have (default: the version before)')
    .option('--to <ref>', 'default HEAD')
    .option('--path <path>', 'a service’s folder')
    .option('--name <name>', 'the service’s name, as tags have it')
    .action(
      run(async (shell, options: { repo: string; from?: string; to?: string; path?: string; name?: string }) => {
        const { text, json } = await notes(options);
        shell.print(text, json);
      }),
    );
};
