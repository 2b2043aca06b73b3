import { releaseTickets } from '../../contract/release-tickets.ts';
import type { AddCommand } from '../main.ts';
import { findRelease } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

/** ym release tickets */
export const releaseTicketsCommand: AddCommand = (group, run) => {
  group
    .command('tickets <release>')
    .description('what a release was made for: its tickets, how they stand, and the commits that name them')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const found = await client.call(releaseTickets, { params: { release: id } });
        const rows = found.items.flatMap(({ key, tickets, commits }) => {
          const by = commits.map((commit) => commit.slice(0, 8)).join(' ');
          if (tickets.length === 0) return [[key, 'absent', 'its tracker knows none of this key', '', by]];
          return tickets.map((one) => [key, one.state, line(one.title), line(one.fixVersion ?? ''), by]);
        });
        const known = found.knownAt === null ? 'Not all of them were found out yet.' : `As of ${when(found.knownAt)}.`;
        const trouble = found.error === null ? '' : ` The last look failed: ${line(found.error)}`;
        shell.print(`${rows.length === 0 ? 'Its commits name no ticket that is known.' : table(rows)}\n${known}${trouble}`, found);
      }),
    );
};
