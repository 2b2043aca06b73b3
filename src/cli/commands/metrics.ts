import type { z } from 'zod';
import { getDora, type kpiSchema } from '../../contract/metrics.ts';
import { formatDuration } from '../../kernel/time.ts';
import type { AddCommand } from '../main.ts';
import { table } from '../terminal.ts';

type Kpi = z.infer<typeof kpiSchema>;

/** ym metrics: the four keys, each opening to its events. */
export const metricsCommand: AddCommand = (program, run) => {
  program
    .command('metrics')
    .description('the four DORA keys, with what is behind each')
    .option('--service <service>')
    .option('--team <team>')
    .option('--from <instant>', 'default: 30 days ago')
    .option('--to <instant>', 'default: now')
    .action(
      run(async (shell, query: { service?: string; team?: string; from?: string; to?: string }) => {
        const { service, team, from, to } = query;
        const dora = await shell.client().call(getDora, { query: { service, team, from, to } });
        const rows = [dora.deploymentFrequency, dora.leadTimeForChanges, dora.changeFailureRate, dora.timeToRestore].map((kpi) => [
          kpi.name,
          say(kpi),
          `${kpi.events.length} events`,
          `${kpi.excluded.length} excluded`,
          `${kpi.unknown.length} unknown`,
          kpi.definition,
        ]);
        shell.print(`${dora.from} to ${dora.to}\n${table(rows)}`, dora);
      }),
    );
};

function say({ value, unit }: Kpi): string {
  if (value === null) return 'nothing to measure';
  if (unit === 'seconds') return formatDuration(value * 1000);
  return unit === 'share' ? `${(value * 100).toFixed(1)} %` : `${value} ${unit}`;
}
