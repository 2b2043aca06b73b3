import * as contract from '../../contract/merge-requests.ts';
import type { MergeRequestView } from '../../contract/merge-requests.ts';
import type { AddCommand } from '../main.ts';
import { line, table, when } from '../terminal.ts';

/** ym mr list|show|run */
export const mergeRequestCommands: AddCommand = (program, run) => {
  const mr = program.command('mr').description('merge requests of the repository of a service, as its forge last said they are');
  mr.command('list <service>')
    .description('all that were seen, newest first')
    .option('--state <state>', 'open, merged or closed')
    .option('--commit <commit>', 'only those of which this is the head, or what they were merged as')
    .action(
      run(async (shell, service: string, options: { state?: 'open' | 'merged' | 'closed'; commit?: string }) => {
        const { state, commit } = options;
        const query = { ...(state === undefined ? {} : { state }), ...(commit === undefined ? {} : { commit }) };
        const list = await shell.client().call(contract.listMergeRequests, { params: { service }, query });
        const rows = list.items.map(rowOf);
        const { protection } = list;
        const branch =
          protection === null ? '' : `\n${line(protection.branch)} is ${protection.state} at the forge: ${line(protection.detail)}`;
        shell.print(`${rows.length === 0 ? 'No merge requests were seen.' : table(rows)}${branch}`, list);
      }),
    );
  mr.command('show <service> <number>')
    .description('one with everybody who had a hand in it')
    .action(
      run(async (shell, service: string, number: string) => {
        const one = await shell.client().call(contract.getMergeRequest, { params: { service, number: Number(number) } });
        const people = one.people.map((person) => [
          person.role,
          line(person.person?.name ?? person.name ?? person.login ?? ''),
          person.person === null ? 'nobody we know' : '',
          person.review ?? '',
          person.current === false ? 'of an older head' : '',
          person.at === null ? '' : when(person.at),
        ]);
        const head = `!${one.number} ${line(one.title)}\n${one.draft ? 'draft, ' : ''}${one.state}, ${line(one.sourceBranch ?? '?')} -> ${line(one.targetBranch ?? '?')}, head ${one.head ?? 'unknown'}`;
        const fork = one.fork === false ? '' : '\nfrom a fork: a run of it is untrusted, and goes by `ym mr run` at one commit';
        shell.print(`${head}${fork}\n${table(people)}`, one);
      }),
    );
  mr.command('run <service> <number>')
    .description('let a run go, at exactly the commit that you looked at')
    .requiredOption('--commit <commit>', 'the whole id of the head that you saw')
    .action(
      run(async (shell, service: string, number: string, options: { commit: string }) => {
        const started = await shell.client().call(contract.runMergeRequest, {
          params: { service, number: Number(number) },
          body: { commit: options.commit },
        });
        shell.print(`Run ${started.id} (${started.trust}) of ${options.commit.slice(0, 12)} is queued.`, started);
      }),
    );
};

/** One as a row: number, state, title, who wrote it and what reviewers said. */
export function rowOf(one: MergeRequestView): string[] {
  return [`!${one.number}`, one.draft ? 'draft' : one.state, one.fork === false ? '' : 'fork', line(one.title), authors(one), reviews(one)];
}

function authors(one: MergeRequestView): string {
  const names = one.people.filter(({ role }) => role === 'wrote').map(({ person, name, login }) => person?.name ?? name ?? login ?? '?');
  return line([...new Set(names)].slice(0, 3).join(', '));
}

function reviews(one: MergeRequestView): string {
  const said = one.people
    .filter(({ role }) => role === 'reviewed')
    .map(({ login, name, review }) => `${login ?? name ?? '?'} ${review ?? ''}`);
  return line(said.slice(0, 3).join(', '));
}
