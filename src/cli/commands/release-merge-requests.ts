import { releaseMergeRequests } from '../../contract/merge-requests.ts';
import type { AddCommand } from '../main.ts';
import { findRelease } from '../refs.ts';
import { table } from '../terminal.ts';
import { rowOf } from './merge-requests.ts';

/** ym release merge-requests */
export const releaseMergeRequestsCommand: AddCommand = (group, run) => {
  group
    .command('merge-requests <release>')
    .description('the merge requests that its commits came by, with who wrote, reviewed and approved them at the forge')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const found = await client.call(releaseMergeRequests, { params: { release: id } });
        const none = 'Its commits came by no merge request that is known.';
        const without = found.without === 0 ? '' : `\n${found.without} of its commits came by none that is known.`;
        const part = found.complete ? '' : '\nNot all of its commits are known here.';
        shell.print(`${found.items.length === 0 ? none : table(found.items.map(rowOf)) + without}${part}`, found);
      }),
    );
};
