import type { z } from 'zod';
import { getDora, type kpiSchema } from '../../contract/metrics.ts';
import { formatDuration } from '../../kernel/time.ts';
import type { AddCommand } from '../main.ts';
import { count, line, table, when, wrap } from '../terminal.ts';

type Kpi = z.infer<typeof kpiSchema>;
type Options = { service?: string; team?: string; from?: string; to?: string; events?: boolean };

/** ym metrics: the four keys, each opening to its events. */
export const metricsCommand: AddCommand = (program, run) => {
  program
    .command('metrics')
    .description('the four DORA keys, with what is behind each')
    .option('--service <service>', 'only of a service')
    .option('--team <team>', 'only of the services of a team')
    .option('--from <instant>', 'default: 30 days ago')
    .option('--to <instant>', 'default: now')
    .option('--events', 'the facts behind each figure, what was left out, and why')
    .action(
      run(async (shell, options: Options) => {
        const { service, team, from, to } = options;
        const dora = await shell.client().call(getDora, { query: { service, team, from, to } });
        const all = [dora.deploymentFrequency, dora.leadTimeForChanges, dora.changeFailureRate, dora.timeToRestore];
        const rows = all.map((kpi) => [
          kpi.name,
          say(kpi),
          count(kpi.events.length, 'event'),
          `${kpi.excluded.length} excluded`,
          `${kpi.unknown.length} unknown`,
        ]);
        const detail = options.events === true ? all.map(behind) : [];
        shell.print([`${when(dora.from)} to ${when(dora.to)}`, table(rows), ...detail].join('\n'), dora);
      }),
    );
};

function behind(kpi: Kpi): string {
  const asides = (title: string, list: Kpi['excluded']): string[] => list.map((one) => wrap(`${title}: ${one.what}, ${one.why}`, '  '));
  return [
    '',
    kpi.name,
    wrap(kpi.definition, '  '),
    ...kpi.events.map((one) => `  ${line(one)}`),
    ...asides('excluded', kpi.excluded),
    ...asides('unknown', kpi.unknown),
  ].join('\n');
}

function say({ value, unit }: Kpi): string {
  if (value === null) return 'nothing to measure';
  if (unit === 'seconds') return formatDuration(value * 1000);
  return unit === 'share' ? `${(value * 100).toFixed(1)} %` : `${value} ${unit}`;
}
