import {
  checkPolicyLevel,
  getMinimum,
  getTeamPolicy,
  listPolicyLevels,
  listTeamProposals,
  proposeTeamPolicy,
  putMinimum,
  putTeamPolicy,
  serviceRules,
  type PolicyLevel,
} from '../../contract/policy-levels.ts';
import { proposePolicy } from '../../contract/gates.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { isThere, makeFolderOf, readText, writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { mustBeLevel } from '../policy-file.ts';
import { pointedAt, pointingAt, summary } from '../point.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { proposalWords } from '../proposal-words.ts';
import type { Shell } from '../shell.ts';
import { line, plain, table, when, wrap } from '../terminal.ts';

const PUT_POLICY = 'ym policy put POLICY FILE';
const KINDS = ['development', 'test', 'staging', 'production'] as const;

/** ym policy levels|minimum|team|rules|put-minimum|put-team, and what `ym policy check` does with a level's file. */
export const policyLevelCommands: AddCommand = (group, run) => {
  group
    .command('levels')
    .description('what the organisation and its teams ask beside the policies of services')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listPolicyLevels);
        const rows = list.items.map((one) => [
          one.level === 'organisation' ? 'organisation' : `team ${one.team ?? ''}`,
          one.source === null
            ? 'asks nothing'
            : `version ${one.version}, by ${line(one.changedBy?.name ?? 'a machine')}, ${when(one.changedAt)}`,
          count(one.services, 'service'),
          line(one.title),
        ]);
        shell.print(table(rows), list);
      }),
    );
  group
    .command('minimum')
    .description("the organisation's minimum: what is asked of every service")
    .action(
      run(async (shell) => {
        const one = await shell.client().call(getMinimum);
        showLevel(shell, one);
      }),
    );
  group
    .command('team <team>')
    .description('what a team asks of its services beside their policy')
    .action(
      run(async (shell, team: string) => {
        const one = await shell.client().call(getTeamPolicy, { params: { team } });
        showLevel(shell, one);
      }),
    );
  group
    .command('rules <service>')
    .description('what is asked of a service in the end, and which level asks it')
    .option('--kind <kind>', 'only in front of environments of a kind: production ...', 'production')
    .option('--commit <commit>', 'also what the repository asks at the commit of a release')
    .action(
      run(async (shell, service: string, options: { kind: string; commit?: string }) => {
        const kind = oneOf('--kind', options.kind, KINDS);
        const one = await shell.client().call(serviceRules, { params: { service }, query: { commit: options.commit } });
        const rows = one.kinds
          .find((cell) => cell.kind === kind)
          ?.rules.map(({ words, check, origin }) => [
            `  ${origin === null ? `policy ${one.policy.name}` : originName(origin)}`,
            check ?? '',
            line(words),
          ]);
        const head = `${service}, tier ${one.tier}, in front of ${kind}:`;
        shell.print([head, table(rows ?? []), ...one.unreadable.map((text) => wrap(line(text), ''))].join('\n'), one);
      }),
    );
  group
    .command('init')
    .description('write the minimum gates of a stack and tier as a file for a repository, a team or the organisation; no server is asked')
    .requiredOption('--stack <stack>', 'node, jvm, python, dotnet, go or container')
    .requiredOption('--tier <tier>', '1 critical, 2 important, 3 low risk')
    .option('-o, --out <file>', 'where to; - is the terminal', '.yardmaster/policy.yaml')
    .option('--force', 'also over a file that is there')
    .action(
      run(async (shell, options: { stack: string; tier: string; out: string; force?: boolean }) => {
        const { STACKS, stackGates } = await import('../../gates/policy/stacks.ts');
        const stack = oneOf('--stack', options.stack, STACKS);
        const tier = wholeNumber('--tier', options.tier, 1, 3) as 1 | 2 | 3;
        const text = (await import('yaml')).stringify(stackGates(stack, tier), { aliasDuplicateObjects: false });
        const { out } = options;
        if (out === '-') return void shell.print(text, { stack, tier, file: null, text });
        if (options.force !== true && (await isThere(out)))
          throw usage({ what: `${out} is there already`, try: 'Name another with --out, or say --force.' });
        await makeFolderOf(out);
        await writeWhole(out, text);
        shell.print(`Wrote ${out}. Look at it, try it with: ym policy test ${out}`, { stack, tier, file: out, text });
      }),
    );
  writing(group, run);
};

const writing: AddCommand = (group, run) => {
  group
    .command('put-minimum <file>')
    .description("make a new version of the organisation's minimum, or propose it where others have to approve")
    .option('--from <version>', 'only where this is still the newest version (default: the one that is newest now)')
    .option('--reason <reason>', 'why, for those who approve')
    .action(
      run(async (shell, file: string, options: { from?: string; reason?: string }) => {
        const client = shell.client();
        const source = mustBeLevel(await readText(file), file, PUT_POLICY);
        const current = await client.call(getMinimum);
        if (source === current.source)
          return void shell.print(`The minimum says that already, in version ${current.version}: nothing was changed.`, current);
        const version = options.from === undefined ? current.version : wholeNumber('--from', options.from, 1, 1_000_000);
        if (current.approvals === 0) {
          const answer = await pointingAt(source, () => client.call(putMinimum, { body: { source, version } }), file);
          shell.print(`The minimum is version ${answer.version} now, for ${count(answer.services, 'service')}.`, answer);
          return EXIT.ok;
        }
        const { reason } = options;
        if (reason === undefined)
          throw usage({ what: 'the minimum is changed with the approval of others', try: 'Say why: --reason "..."' });
        const body = { source, version, reason };
        const answer = await pointingAt(source, () => client.call(proposePolicy, { params: { policy: 'minimum' }, body }), file);
        const id = answer.proposal?.id;
        shell.print(id === undefined ? 'It is in force.' : `Proposed: ${id}. Another person decides: ym policy approve ${id}`, answer);
        return EXIT.ok;
      }),
    );
  group
    .command('put-team <team> <file>')
    .description('make a new version of what a team asks of its services, or propose it where others have to approve')
    .option('--from <version>', 'only where this is still the newest version (default: the one that is newest now)')
    .option('--reason <reason>', 'why, for those who approve')
    .action(
      run(async (shell, team: string, file: string, options: { from?: string; reason?: string }) => {
        const client = shell.client();
        const params = { team };
        const source = mustBeLevel(await readText(file), file, PUT_POLICY);
        const current = await client.call(getTeamPolicy, { params });
        if (source === current.source)
          return void shell.print(`${team} asks that already, in version ${current.version}: nothing was changed.`, current);
        const version = options.from === undefined ? current.version : wholeNumber('--from', options.from, 1, 1_000_000);
        const { reason } = options;
        if (current.approvals === 0) {
          const answer = await pointingAt(source, () => client.call(putTeamPolicy, { params, body: { source, version } }), file);
          return void shell.print(`What ${team} asks is version ${answer.version} now, for ${count(answer.services, 'service')}.`, answer);
        }
        if (reason === undefined)
          throw usage({ what: `what ${team} asks is changed with the approval of others`, try: 'Say why: --reason "..."' });
        const answer = await pointingAt(source, () => client.call(proposeTeamPolicy, { params, body: { source, version, reason } }), file);
        const id = answer.proposal?.id;
        shell.print(id === undefined ? 'It is in force.' : `Proposed: ${id}. Another person decides: ym policy approve ${id}`, answer);
      }),
    );
  group
    .command('team-proposals <team>')
    .description('changes of what a team asks that wait, or were decided on')
    .action(
      run(async (shell, team: string) => {
        const list = await shell.client().call(listTeamProposals, { params: { team } });
        shell.print(list.items.length === 0 ? 'No change was proposed.' : list.items.map(proposalWords).join('\n\n'), list);
      }),
    );
  group
    .command('check-level <file>')
    .description('every error of a file that the organisation, a team or a repository asks by, also where it asks less than a level above')
    .option('--level <level>', 'organisation, team or repository', 'repository')
    .option('--service <service>', 'whose repository: what is asked of it already is compared with')
    .action(
      run(async (shell, file: string, options: { level: string; service?: string }) => {
        const source = mustBeLevel(await readText(file), file, 'ym policy check FILE');
        const level = oneOf('--level', options.level, ['organisation', 'team', 'repository']);
        const answer = await shell.client().call(checkPolicyLevel, { body: { level, service: options.service, source } });
        const found = answer.diagnostics.length === 0 ? '' : `${pointedAt(source, file, answer.diagnostics)}\n\n`;
        shell.print(`${found}${file}: ${summary(answer.diagnostics)}`, answer);
        return answer.valid ? EXIT.ok : EXIT.usage;
      }),
    );
};

/** The document alone, so that it can be kept as a file; which version it is, beside it. */
function showLevel(shell: Shell, one: PolicyLevel): void {
  const whose = one.level === 'organisation' ? 'The organisation' : `The team ${one.team ?? ''}`;
  if (one.source === null) return shell.print(`${whose} asks nothing beside the policies of its services.`, one);
  if (!shell.json) shell.progress(`${line(one.title)} (version ${one.version}, ${count(one.services, 'service')})`);
  shell.print(plain(one.source), one);
}

function count(of: number, word: string): string {
  return `${of} ${word}${of === 1 ? '' : 's'}`;
}

function originName({ level, of }: { readonly level: string; readonly of: string | null }): string {
  if (level === 'organisation') return 'organisation';
  return level === 'team' ? `team ${of ?? ''}` : `repository at ${(of ?? '').slice(0, 12)}`;
}
