import type { z } from 'zod';
import * as contract from '../../contract/releases.ts';
import { EXIT, exitOfVerdict } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { findRelease, namesOf } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, table, VERDICT_COLOUR, VERDICT_MARK, when, wrap } from '../terminal.ts';

type MayShip = z.infer<typeof contract.mayShipSchema>;

/** ym may-ship, ym decision show|list|replay */
export const decisionCommands: AddCommand = (program, run) => {
  program
    .command('may-ship <release>')
    .description('can this go there now, and if not: what is missing, who can give it, when')
    .requiredOption('--env <environment>', 'where to')
    .option('--rollback', 'ask for going back to it')
    .action(
      run(async (shell, name: string, options: { env: string; rollback?: boolean }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const answer = await client.call(contract.mayShipRelease, {
          params: { release: id },
          query: { environment: options.env, purpose: options.rollback === true ? 'rollback' : 'deploy' },
        });
        const names = namesPerson(answer) ? await namesOf(client) : undefined;
        shell.print(mayShipText(shell, answer, names), answer);
        return exitOfVerdict(answer.verdict);
      }),
    );
  const decision = program.command('decision').description('recorded decisions');
  decision
    .command('list <release>')
    .description('every decision about a release; refusals too')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const list = await client.call(contract.listDecisions, { params: { release: id }, query: { limit: 200 } });
        const rows = list.items.map((one) => [
          shell.paint(VERDICT_COLOUR[one.verdict], VERDICT_MARK[one.verdict]),
          one.environment,
          one.purpose,
          when(one.at),
          one.decision ?? '',
        ]);
        shell.print(rows.length === 0 ? 'Nothing was decided about it yet.' : table(rows), list);
      }),
    );
  decision
    .command('show <decision>')
    .description('one decision with every rule')
    .action(
      run(async (shell, id: string) => {
        const client = shell.client();
        const answer = await client.call(contract.getDecision, { params: { decision: id } });
        const names = namesPerson(answer) ? await namesOf(client) : undefined;
        shell.print(mayShipText(shell, answer, names), answer);
      }),
    );
  decision
    .command('replay <decision>')
    .description('derive a decision again from its stored inputs')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.replayDecision, { params: { decision: id } });
        shell.print(
          answer.same
            ? `The same: ${answer.verdict}, ${answer.derived}.`
            : `Not the same:\n${answer.differences.map((one) => `  ${line(one)}`).join('\n')}`,
          answer,
        );
        return answer.same ? EXIT.ok : EXIT.failed;
      }),
    );
};

function namesPerson(answer: MayShip): boolean {
  return /\bper_[0-9a-f]{32}/.test(JSON.stringify([answer.rules.map((rule) => rule.reasons), answer.missing]));
}

/** The answer as every door says it: verdict, each rule with its reasons, what is missing, when. */
export function mayShipText(shell: Pick<Shell, 'paint'>, answer: MayShip, names: (text: string) => string = (text) => text): string {
  const lines = [
    `${shell.paint(VERDICT_COLOUR[answer.verdict], VERDICT_MARK[answer.verdict])}  ${answer.purpose} to ${answer.environment}, asked ${when(answer.at)}, policy ${answer.policy.name} ${answer.policy.version}`,
    ...answer.rules.flatMap((rule) => [
      `  ${shell.paint(VERDICT_COLOUR[rule.verdict], VERDICT_MARK[rule.verdict])}  ${rule.rule}`,
      ...rule.reasons.map((reason) => wrap(names(reason.text), '      ')),
    ]),
    ...missingWords(answer.missing, names).map((one) => wrap(`missing: ${one}`)),
    answer.earliest === null ? '' : `earliest: ${when(answer.earliest)}`,
    answer.verdict === 'allow' ? `holds until ${when(answer.notAfter)}` : '',
  ];
  return lines.filter((one) => one !== '').join('\n');
}

/** What is missing and who can give it. A role that the words name already is not said twice. */
export function missingWords(
  missing: readonly { readonly what: string; readonly who: readonly string[] }[],
  names: (text: string) => string = (text) => text,
): string[] {
  return missing.map(({ what, who }) => {
    const others = who.filter((one) => !what.endsWith(one));
    return names(`${what}${others.length === 0 ? '' : ` (${others.join(', ')})`}`);
  });
}
