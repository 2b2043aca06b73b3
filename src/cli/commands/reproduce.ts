import type { Command } from 'commander';
import * as contract from '../../contract/artifacts.ts';
import { getRun, retryRun, type RunView } from '../../contract/pipelines.ts';
import type { Client } from '../../host/client.http.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { Run } from '../main.ts';
import { digestOf, findRun } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line } from '../terminal.ts';

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
        const rebuilt =
          options.run === undefined ? await rebuild(shell, client, digest, options.anyRunner !== true) : await findRun(client, options.run);
        const answer = await client.call(
          contract.compareReproduction,
          { params: { digest }, body: { run: rebuilt } },
          { timeoutMs: 600_000, signal: shell.signal },
        );
        shell.print(wordsOf(answer), answer);
        return answer.same ? EXIT.ok : EXIT.failed;
      }),
    );
}

async function rebuild(shell: Shell, client: Client, digest: string, elsewhere: boolean): Promise<string> {
  const artifact = await client.call(contract.getArtifact, { params: { digest } });
  const build = artifact.builds.find((one) => one.recorded === null && one.commit !== null);
  if (build?.commit == null)
    throw usage({ what: 'No run here made it from a commit, so there is nothing to run again.', try: 'ym artifact show DIGEST' });
  let view: RunView = await client.call(retryRun, { params: { run: build.run }, body: { elsewhere } }, { signal: shell.signal });
  shell.progress(`${view.service}: run ${view.id} builds commit ${build.commit.slice(0, 10)} again`);
  while (view.finishedAt === null)
    view = await client.call(
      getRun,
      { params: { run: view.id }, query: { wait: 20, version: view.version } },
      { signal: shell.signal, timeoutMs: 60_000 },
    );
  if (view.state !== 'succeeded') throw usage({ what: `The rebuild ${view.id} is ${view.state}.`, try: `ym run show ${view.id}` });
  return view.id;
}

function wordsOf({ same, runners, digest, other, causes }: contract.ReproductionView): string {
  const where = { other: 'on another runner', same: 'on the same runner', unknown: 'on a runner that is not known any more' }[runners];
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
