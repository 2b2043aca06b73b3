import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import * as contract from '../../contract/artifacts.ts';
import { getRun, type RunView } from '../../contract/pipelines.ts';
import type { Client } from '../../host/client.http.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { Run } from '../main.ts';
import { digestOf, findRun } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line } from '../terminal.ts';

/** How often it is looked whether the server has compared. */
const LOOK_MS = 500;
const WORDS: Readonly<Record<string, string>> = {
  'only-before': 'only in the first build',
  'only-again': 'only in the rebuild',
  contents: 'other contents',
  kind: 'another kind of entry',
  link: 'a link to elsewhere',
  permissions: 'other permissions',
  owners: 'another owner',
  timestamps: 'another time of change',
  order: 'another place in the archive',
  packing: 'the same entries, packed otherwise',
};

/** ym artifact reproduce */
export function addReproduce(group: Command, run: Run): void {
  group
    .command('reproduce <digest>')
    .description('build the commit of an artifact again and say whether it gives the same bytes, and where not')
    .option('--run <run>', 'compare with what this run made, and start none')
    .option('--any-runner', 'also on the runner that built it the first time')
    .action(
      run(async (shell, text: string, options: { run?: string; anyRunner?: true }) => {
        const client = shell.client();
        const digest = digestOf(text);
        const answer =
          options.run === undefined
            ? await rebuild(shell, client, digest, options.anyRunner === true)
            : await client.call(
                contract.compareReproduction,
                { params: { digest }, body: { run: await findRun(client, options.run) } },
                { timeoutMs: 600_000, signal: shell.signal },
              );
        shell.print(wordsOf(answer), answer);
        return answer.same ? EXIT.ok : EXIT.failed;
      }),
    );
}

/** Asks for the rebuild, follows its run, and waits until the server has compared what it made. */
async function rebuild(shell: Shell, client: Client, digest: string, anyRunner: boolean): Promise<contract.ReproductionView> {
  const { signal } = shell;
  const asked = await client.call(contract.rebuildArtifact, { params: { digest }, body: { anyRunner } }, { signal });
  let run: RunView = await client.call(getRun, { params: { run: asked.run } }, { signal });
  shell.progress(`${run.service}: run ${run.id} builds commit ${(run.commit ?? '').slice(0, 10)} again`);
  while (run.finishedAt === null)
    run = await client.call(getRun, { params: { run: run.id }, query: { wait: 20, version: run.version } }, { signal, timeoutMs: 60_000 });
  for (;;) {
    const { items, rebuilds } = await client.call(contract.listReproductions, { params: { digest } }, { signal });
    const now = rebuilds.find((one) => one.id === asked.id);
    const found = items.find((one) => one.id === now?.reproduction);
    if (found !== undefined) return found;
    if (now === undefined || now.state === 'failed')
      throw usage({ what: now?.why ?? `The rebuild ${asked.run} is gone.`, try: `ym run show ${asked.run}` });
    await sleep(LOOK_MS, undefined, { signal });
  }
}

function wordsOf({ same, runners, builtOn, rebuiltOn, digest, other, causes }: contract.ReproductionView): string {
  const where = {
    other: `on another runner, ${line(rebuiltOn ?? '?')} after ${line(builtOn ?? '?')}`,
    same: `on the same runner, ${line(builtOn ?? '?')}`,
    unknown: 'on a runner that is not known any more',
  }[runners];
  if (same) return `Built again ${where}: the same bytes, ${digest}.`;
  const lines = causes.flatMap(({ cause, count, paths, why }) => [
    `${WORDS[cause] ?? cause}: ${count}`,
    ...paths.slice(0, 10).map((path) => {
      const reason = why.find((one) => one.path === path)?.why;
      return `  ${line(path)}${reason === undefined || reason === 'other' ? '' : ` (${reason})`}`;
    }),
    ...(count > 10 ? [`  and ${count - Math.min(10, paths.length)} more`] : []),
  ]);
  return [`Built again ${where}: other bytes, ${other}.`, ...lines].join('\n');
}
