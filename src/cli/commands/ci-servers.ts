import type { Command } from 'commander';
import * as contract from '../../contract/ci.ts';
import type { CiPipelinesView } from '../../contract/ci.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { line, table } from '../terminal.ts';

type Run = Parameters<AddCommand>[1];

/** ym connect pipelines|backfill: CI servers that are read. */
export function ciServerCommands(connect: Command, run: Run): void {
  connect
    .command('pipelines <name>')
    .description('the pipelines that a CI server has, whose runs they are, and how far their past was read')
    .option('--map <pipeline=service>', 'say whose runs those of a pipeline (its id) are; nothing behind the = is nobody’s')
    .action(
      run(async (shell, name: string, options: { map?: string }) => {
        const client = shell.client();
        if (options.map !== undefined) {
          const [pipeline = '', service, ...rest] = options.map.split('=');
          if (service === undefined || rest.length > 0 || !/^cpi_/.test(pipeline))
            throw usage({ what: `--map ${options.map} maps nothing`, try: 'ym connect pipelines NAME --map cpi_...=shop' });
          const params = { connection: name, pipeline: pipeline as `cpi_${string}` };
          const mapped = await client.call(contract.mapPipeline, { params, body: { service: service === '' ? null : service } });
          return shell.print(
            `The runs of ${line(mapped.name)} are ${mapped.service === null ? 'nobody’s' : `those of ${mapped.service}; its past is being read`}.`,
            mapped,
          );
        }
        const found = await client.call(contract.listPipelines, { params: { connection: name } });
        shell.print(words(found), found);
      }),
    );
  connect
    .command('read-run <run>')
    .description('ask the CI server for one run as it is now, with its jobs')
    .action(
      run(async (shell, id: string) => {
        const read = await shell.client().call(contract.readRunAgain, { params: { run: id as `run_${string}` }, body: {} });
        shell.print(`Asked. See it with: ym run show ${line(id)}`, read);
      }),
    );
  connect
    .command('fetch-log <job>')
    .description('fetch the log of a job that was read, from its CI server; it is not redacted')
    .action(
      run(async (shell, id: string) => {
        const read = await shell.client().call(contract.fetchForeignLog, { params: { job: id as `job_${string}` }, body: {} });
        shell.print(`Fetched ${read.bytes} bytes. Read it with: ym logs RUN --job NAME`, read);
      }),
    );
  connect
    .command('backfill <name>')
    .description('read the runs of the last days, so that there is something to compare with from the first day')
    .option('--days <n>', 'how many days', '90')
    .action(
      run(async (shell, name: string, options: { days: string }) => {
        const days = Number(options.days);
        if (!Number.isInteger(days) || days < 1 || days > 400)
          throw usage({ what: `--days ${options.days} is no number from 1 to 400`, try: '--days 90' });
        const asked = await shell.client().call(contract.backfill, { params: { connection: name }, body: { days } });
        shell.print(
          `The runs of ${days} days are read at ${asked.places} places, and at those that are found now. See how far: ym connect pipelines ${name}`,
          asked,
        );
      }),
    );
}

function words({ listedAt, lastError, backfill, places }: CiPipelinesView): string {
  const percent = (part: number): string => `${Math.floor(part * 100)} %`;
  const rows = places.flatMap((place) => {
    const past = place.backfill === null ? '' : `${place.backfill.runs} runs, ${percent(place.backfill.progress)}`;
    const about = [line(place.name), place.watched ? past : 'not watched: no service comes from it', line(place.lastError ?? '')];
    if (place.pipelines.length === 0) return [['', '', ...about]];
    return place.pipelines.map((one) => [one.id, `${line(one.name)} -> ${one.service ?? 'nobody'}`, ...about]);
  });
  const head =
    listedAt === null
      ? (lastError ?? 'Not listed yet: it is done within minutes after `ym connect check` found it working.')
      : `Past: ${percent(backfill.progress)} of ${backfill.places} places, ${backfill.runs} runs.`;
  return [head, rows.length === 0 ? '' : table(rows)].join('\n').trimEnd();
}
