import type { z } from 'zod';
import * as contract from '../../contract/releases.ts';
import { decisionInputs } from '../../contract/release-page.ts';
import { EXIT, exitOfVerdict } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import type { AdmitOptions } from '../admit.ts';
import { findRelease } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, plain, table, VERDICT_COLOUR, VERDICT_MARK, when, wrap } from '../terminal.ts';

type MayShip = z.infer<typeof contract.mayShipSchema>;

/** ym may-ship, ym decision show|list|inputs|replay */
export const decisionCommands: AddCommand = (program, run) => {
  program
    .command('may-ship <release>')
    .description('can this go there now, and if not: what is missing, who can give it, when')
    .requiredOption('--env <environment>', 'where to')
    .option('--rollback', 'ask for going back to it')
    .option('--admit', 'for a deployment that a tool of your own is about to do: the answer is recorded for it')
    .option('--wait', 'the same, and wait until the answer is yes or no')
    .option('--timeout <seconds>', 'with --wait: how long', '3600')
    .action(
      run(async (shell, name: string, options: AdmitOptions) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        if (options.admit === true || options.wait === true) return (await import('../admit.ts')).admit(shell, client, id, options);
        const answer = await client.call(contract.mayShipRelease, {
          params: { release: id },
          query: { environment: options.env, purpose: options.rollback === true ? 'rollback' : 'deploy' },
        });
        shell.print(mayShipText(shell, answer), answer);
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
        const answer = await shell.client().call(contract.getDecision, { params: { decision: id } });
        shell.print(mayShipText(shell, answer), answer);
      }),
    );
  decision
    .command('inputs <decision>')
    .description('what a decision was derived from, as stored')
    .action(
      run(async (shell, id: string) => {
        const read = await shell.client().call(decisionInputs, { params: { decision: id } });
        const left = read.leftOut.length === 0 ? '' : `\nToo large to be shown: ${read.leftOut.join(', ')}.`;
        shell.print(`${plain(JSON.stringify(read.inputs, null, 2))}${left}`, read);
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

/** The answer in the server's own words, which every door shows: verdict, each rule with its reasons, what is missing, when. */
export function mayShipText(shell: Pick<Shell, 'paint'>, answer: MayShip): string {
  const { words } = answer;
  const lines = [
    `${shell.paint(VERDICT_COLOUR[answer.verdict], VERDICT_MARK[answer.verdict])}  ${instants(words.headline)}`,
    `asked ${when(answer.at)}, policy ${answer.policy.name} ${answer.policy.version}`,
    ...words.rules.flatMap((rule) => [
      `  ${shell.paint(VERDICT_COLOUR[rule.verdict], VERDICT_MARK[rule.verdict])}  ${rule.rule}`,
      ...rule.reasons.map((reason) => wrap(instants(reason), '      ')),
    ]),
    ...words.missing.map((one) => wrap(`missing: ${instants(one)}`)),
    wrap(`when: ${instants(words.when)}`),
  ];
  return lines.join('\n');
}

/** Instants within words, to the second. */
export function instants(text: string): string {
  return text.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\b/g, (instant) => when(instant));
}
