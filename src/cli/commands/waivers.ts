import * as contract from '../../contract/waivers.ts';
import { parseDuration, plus } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';

type RequestOptions = { service: string; kind: string; subject: string; env?: string; reason: string; ticket: string; for: string };

/** ym waiver request|list|approve|reject|revoke|pay */
export const waiverCommands: AddCommand = (program, run) => {
  const group = program.command('waiver').description('whatever suspends a rule for a while: owner, approver, expiry');
  group
    .command('request')
    .description('ask to suspend a rule; another person has to approve it')
    .requiredOption('--service <service>')
    .requiredOption('--kind <kind>', 'finding, check, freeze, quarantine or approval')
    .requiredOption('--subject <subject>', 'fingerprint:..., cve:..., purl:... for a finding; the check, freeze or test else')
    .requiredOption('--reason <reason>')
    .requiredOption('--ticket <ticket>')
    .requiredOption('--for <duration>', 'how long: 7d')
    .option('--env <environment>')
    .action(
      run(async (shell, options: RequestOptions) => {
        const ms = parseDuration(options.for);
        if (ms === null) throw usage({ what: `"${options.for}" is no duration.`, try: 'Write it like 12h or 7d.' });
        const made = await shell.client().call(contract.requestWaiver, {
          body: {
            kind: options.kind as 'finding',
            service: options.service,
            environment: options.env,
            subject: options.subject,
            reason: options.reason,
            ticket: options.ticket,
            expiresAt: plus(new Date().toISOString(), ms),
          },
        });
        shell.print(`Asked: ${made.id}, until ${made.expiresAt}. Another person decides with: ym waiver approve ${made.id}`, made);
      }),
    );
  group
    .command('list')
    .description('waivers and debts, newest first')
    .option('--state <state>')
    .action(
      run(async (shell, options: { state?: string }) => {
        const list = await shell.client().call(contract.listWaivers, { query: { state: options.state as 'approved' | undefined } });
        const rows = list.items.map((one) => [
          one.id,
          one.kind,
          one.state,
          one.service ?? one.team,
          plain(one.subject),
          plain(one.owner.name),
          `until ${one.expiresAt}`,
        ]);
        shell.print(rows.length === 0 ? 'No waivers and no debts.' : table(rows), list);
      }),
    );
  for (const [verb, route, said] of [
    ['approve', contract.approveWaiver, 'Approved'],
    ['reject', contract.rejectWaiver, 'Rejected'],
    ['revoke', contract.revokeWaiver, 'Revoked'],
    ['pay', contract.payDebt, 'Paid'],
  ] as const) {
    group
      .command(`${verb} <waiver>`)
      .description(
        { approve: 'approve it, as another person', reject: 'turn it down', revoke: 'end it early', pay: 'say that a debt was paid' }[verb],
      )
      .requiredOption('--reason <reason>')
      .action(
        run(async (shell, id: string, options: { reason: string }) => {
          const client = shell.client();
          const { version } = await client.call(contract.getWaiver, { params: { waiver: id } });
          const answer = await client.call(route, { params: { waiver: id }, body: { version, reason: options.reason } });
          shell.print(`${said} ${id}: it is ${answer.state}.`, answer);
        }),
      );
  }
};
