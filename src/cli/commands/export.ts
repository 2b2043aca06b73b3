import type { CsvRoute } from '../../contract/csv.ts';
import type { AddCommand } from '../main.ts';
import { writeWhole } from '../files.disk.ts';
import { keyValues, oneOf } from '../refs.ts';

const LISTS = [
  'releases',
  'runs',
  'deployments',
  'incidents',
  'waivers',
  'debts',
  'calendar',
  'metrics',
  'metrics-trend',
  'metrics-events',
] as const;

/** ym export: a list as CSV, as the screens export it. */
export const exportCommand: AddCommand = (program, run) => {
  program
    .command('export <list>')
    .description(`a list as CSV for spreadsheets: ${LISTS.join(', ')}`)
    .option('--out <file>', 'write it there (default: the terminal)')
    .option('--where <filter...>', 'filters of the list: service=shop state=failed figure=leadTimeForChanges')
    .action(
      run(async (shell, name: string, options: { out?: string; where?: string[] }) => {
        const route = await routeOf(oneOf('LIST', name, LISTS));
        const { stream } = (await shell.client().call(route, { query: keyValues(options.where) as never })) as {
          stream: ReadableStream<Uint8Array>;
        };
        if (options.out === undefined) {
          shell.raw(await new Response(stream).text());
          return;
        }
        await writeWhole(options.out, stream);
        shell.print(`Written to ${options.out}.`, { file: options.out });
      }),
    );
};

async function routeOf(list: (typeof LISTS)[number]): Promise<CsvRoute> {
  const { EXPORTS } = await import('../../contract/exports.ts');
  const found = EXPORTS.find((one) => one.route.path === `/v1/${list}.csv`);
  if (found !== undefined) return found.route;
  if (list === 'debts') return (await import('../../contract/debts.ts')).debtsCsv;
  if (list === 'calendar') return (await import('../../contract/calendar.ts')).calendarCsv;
  const metrics = await import('../../contract/metrics.ts');
  return { metrics: metrics.doraCsv, 'metrics-trend': metrics.doraTrendCsv, 'metrics-events': metrics.figureEventsCsv }[list as 'metrics'];
}
