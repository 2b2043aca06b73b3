import { DEBT_KINDS, listDebts } from '../../contract/debts.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { count, line, table, when } from '../terminal.ts';

type Options = { past?: boolean; kind?: string; team?: string; service?: string; env?: string; mine?: boolean };

/** ym debts: every exception, who answers for it, until when. */
export const debtsCommand: AddCommand = (program, run) => {
  program
    .command('debts')
    .description('every exception: waivers, overrides, quarantines, break-glass and what it owes; those that end first, first')
    .option('--past', 'what is over instead')
    .option('--kind <kind>', DEBT_KINDS.join(', '))
    .option('--team <team>', 'only of a team')
    .option('--service <service>', 'only of a service')
    .option('--env <environment>', 'only there')
    .option('--mine', 'only what I own or asked for')
    .action(
      run(async (shell, options: Options) => {
        const query = {
          show: options.past === true ? ('past' as const) : ('open' as const),
          kind: options.kind === undefined ? undefined : oneOf('--kind', options.kind, DEBT_KINDS),
          team: options.team,
          service: options.service,
          environment: options.env,
          mine: options.mine === true ? ('true' as const) : ('false' as const),
          limit: 200,
        };
        const answer = await shell.client().call(listDebts, { query });
        const rows = answer.items.map((one) => [
          one.title,
          one.overdue ? 'overdue' : one.state,
          [one.service ?? `team ${one.team}`, one.environment].filter((part) => part !== null).join(' in '),
          line(one.owner.name),
          `${one.kind === 'debt' ? 'due' : 'until'} ${when(one.endsAt)}`,
          one.id,
          line(one.subject),
        ]);
        const { summary, teams } = answer;
        const head = `${summary.open} open, ${summary.requested} asked for, ${summary.endingSoon} end within 7 days, ${summary.overdue} overdue`;
        const caps = teams
          .filter((team) => team.open * 4 >= team.cap * 3 || team.unpaid > 0)
          .map((team) => `team ${team.team}: ${team.open} of ${team.cap} waivers, ${count(team.unpaid, 'unpaid debt')}`);
        const more = answer.next === null ? [] : ['There are more; narrow it with --team or --service.'];
        shell.print([head, rows.length === 0 ? 'No exceptions.' : table(rows), ...caps, ...more].join('\n'), answer);
      }),
    );
};
