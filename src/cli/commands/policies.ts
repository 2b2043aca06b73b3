import {
  approveProposal,
  checkPolicy,
  explainPolicy,
  getPolicy,
  listPolicies,
  listPolicyVersions,
  listProposals,
  proposePolicy,
  putPolicy,
  rejectProposal,
  withdrawProposal,
} from '../../contract/gates.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { proposalWords } from '../proposal-words.ts';
import { mustBePolicy } from '../policy-file.ts';
import { pointedAt, pointingAt, summary } from '../point.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, plain, table, when, wrap } from '../terminal.ts';
import { policyBacktestCommand } from './policy-backtest.ts';
import { policyLevelCommands } from './policy-levels.ts';

const NAMES = ['startup', 'standard', 'regulated'] as const;

const LEVEL_WORDS = 'organisation|team|repository (of a repository also --service SERVICE)';

/** The document of a policy as a file. */
async function textOf(one: { readonly source: string | null; readonly document: unknown }): Promise<string> {
  return one.source ?? (await import('yaml')).stringify(one.document);
}

/** ym policy list|show|explain|versions|check|test|put|proposals|approve|reject|withdraw */
export const policyCommands: AddCommand = (program, run) => {
  const group = program.command('policy').description('what must be true in front of an environment');
  group
    .command('list')
    .description('the policies as they are now')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listPolicies);
        const rows = list.items.map((one) => [
          one.name,
          `version ${one.version}`,
          one.preset ? 'preset' : `by ${line(one.changedBy?.name ?? '')}, ${when(one.changedAt)}`,
          line(one.title),
        ]);
        shell.print(table(rows), list);
      }),
    );
  group
    .command('show <policy>')
    .description('a policy with its document')
    .option('--at <version>', 'an older version')
    .action(
      run(async (shell, name: string, options: { at?: string }) => {
        const version = options.at === undefined ? undefined : wholeNumber('--at', options.at, 1, 1_000_000);
        const one = await shell.client().call(getPolicy, { params: { policy: oneOf('POLICY', name, NAMES) }, query: { version } });
        // Beside the document and not in it: what is shown can be kept as a file, changed, and put.
        if (!shell.json) shell.progress(`${one.name} version ${one.version}, ${one.digest}`);
        shell.print(plain(await textOf(one)), one);
      }),
    );
  group
    .command('explain <policy>')
    .description('what a policy asks, in words, and what it answers to examples')
    .option('--tier <tier>', 'only for services of a tier')
    .option('--kind <kind>', 'only in front of environments of a kind: production ...', 'production')
    .action(
      run(async (shell, name: string, options: { tier?: string; kind: string }) => {
        const one = await shell.client().call(explainPolicy, { params: { policy: oneOf('POLICY', name, NAMES) } });
        const kind = oneOf('--kind', options.kind, ['development', 'test', 'staging', 'production']);
        const tier = options.tier === undefined ? null : wholeNumber('--tier', options.tier, 1, 3);
        const parts = one.tiers
          .filter((cell) => tier === null || cell.tier === tier)
          .flatMap((cell) => [
            `Tier ${cell.tier}, ${kind}:`,
            ...(cell.kinds.find((inner) => inner.kind === kind)?.words ?? []).map((words) => wrap(words, '  ')),
            table(
              one.examples.map((example) => [
                `  ${example.answers.find((answer) => answer.tier === cell.tier && answer.kind === kind)?.verdict ?? ''}`,
                example.title,
              ]),
            ),
            '',
          ]);
        shell.print([`${line(one.title)} (version ${one.version}, ${one.used} services)`, '', ...parts].join('\n'), one);
      }),
    );
  group
    .command('versions <policy>')
    .description('who changed a policy, when, and for what')
    .action(
      run(async (shell, name: string) => {
        const list = await shell.client().call(listPolicyVersions, { params: { policy: oneOf('POLICY', name, NAMES) } });
        const rows = list.items.map((one) => [
          `version ${one.version}`,
          one.preset ? 'preset' : line(one.changedBy?.name ?? ''),
          when(one.changedAt),
          one.changed.length === 12 ? 'everything' : one.changed.map((cell) => `tier ${cell.tier} ${cell.kind}`).join(', '),
        ]);
        shell.print(table(rows), list);
      }),
    );
  group
    .command('check <file>')
    .description('every error of a policy document, with the words underlined; nothing is stored')
    .action(
      run(async (shell, file: string) => {
        const source = mustBePolicy(await readText(file), file, `ym policy check-level FILE --level ${LEVEL_WORDS}`);
        const answer = await shell.client().call(checkPolicy, { body: { source } });
        const found = answer.diagnostics.length === 0 ? '' : `${pointedAt(source, file, answer.diagnostics)}\n\n`;
        shell.print(`${found}${file}: ${summary(answer.diagnostics)}`, answer);
        return answer.valid ? EXIT.ok : EXIT.usage;
      }),
    );
  group
    .command('test <file>')
    .description('what a policy document answers to its own examples and to the usual ones; no server is asked')
    .action(
      run(async (shell, file: string) => {
        const source = await readText(file);
        const { testPolicy } = await import('../policy-test.ts');
        const tested = testPolicy(source, file);
        shell.print(plain(tested.text), tested.answer);
        return tested.answer.passed ? EXIT.ok : EXIT.failed;
      }),
    );
  group
    .command('put <policy> <file>')
    .description('make a new version of a policy, or propose it where others have to approve')
    .option('--from <version>', 'only where this is still the newest version (default: the one that is newest now)')
    .option('--reason <reason>', 'why, for those who approve')
    .action(
      run(async (shell, name: string, file: string, options: { from?: string; reason?: string }) => {
        const client = shell.client();
        const params = { policy: oneOf('POLICY', name, NAMES) };
        const source = mustBePolicy(await readText(file), file, 'ym policy put-minimum FILE, or ym policy put-team TEAM FILE');
        const current = await client.call(getPolicy, { params });
        if (source.trimEnd() === (await textOf(current)).trimEnd())
          return void shell.print(`${name} says that already, in version ${current.version}: nothing was changed.`, current);
        const version = options.from === undefined ? current.version : wholeNumber('--from', options.from, 1, 1_000_000);
        if (current.approvals === 0) {
          const answer = await pointingAt(source, () => client.call(putPolicy, { params, body: { source, version } }), file);
          shell.print(`${answer.name} is version ${answer.version} now. Approvals that saw another policy are void.`, answer);
          return EXIT.ok;
        }
        const { reason } = options;
        if (reason === undefined) throw usage({ what: `${name} is changed with the approval of others`, try: 'Say why: --reason "..."' });
        const answer = await pointingAt(source, () => client.call(proposePolicy, { params, body: { source, version, reason } }), file);
        shell.print(
          answer.proposal === null
            ? `${name} is version ${answer.policy?.version ?? version + 1} now.`
            : `Proposed.\n${proposalWords(answer.proposal)}`,
          answer,
        );
        return EXIT.ok;
      }),
    );
  policyBacktestCommand(group, run);
  proposals(group, run);
  policyLevelCommands(group, run);
};

const proposals: AddCommand = (group, run) => {
  group
    .command('proposals <policy>')
    .description('changes of a policy that wait, or were decided on')
    .action(
      run(async (shell, name: string) => {
        const list = await shell.client().call(listProposals, { params: { policy: oneOf('POLICY', name, [...NAMES, 'minimum']) } });
        shell.print(list.items.length === 0 ? 'No change was proposed.' : list.items.map(proposalWords).join('\n\n'), list);
      }),
    );
  group
    .command('approve <proposal>')
    .description('approve a change of a policy, as another person than who proposed it')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(approveProposal, { params: { proposal: id }, body: {} });
        shell.print(proposalWords(answer), answer);
      }),
    );
  group
    .command('reject <proposal>')
    .description('turn a change of a policy down')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, id: string, options: { reason: string }) => {
        const answer = await shell.client().call(rejectProposal, { params: { proposal: id }, body: { reason: options.reason } });
        shell.print(proposalWords(answer), answer);
      }),
    );
  group
    .command('withdraw <proposal>')
    .description('take your own proposed change back')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(withdrawProposal, { params: { proposal: id }, body: {} });
        shell.print(proposalWords(answer), answer);
      }),
    );
};
