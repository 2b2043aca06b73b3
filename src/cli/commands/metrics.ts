import { getBaseline } from '../../contract/baseline.ts';
import { FIGURE_NAMES, getDora, getDoraTrend, listFigureEvents, type KpiView as Kpi, type TrendWeek } from '../../contract/metrics.ts';
import type { AnswerOf } from '../../contract/route.ts';
import { formatDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../refs.ts';
import { count, line, table, when, wrap } from '../terminal.ts';

type Options = {
  service?: string;
  team?: string;
  tier?: string;
  env?: string;
  from?: string;
  to?: string;
  days?: string;
  weeks?: string;
  events?: boolean;
  builds?: boolean;
};

/** ym metrics: the four keys, each opening to its events. */
export const metricsCommand: AddCommand = (program, run) => {
  program
    .command('metrics')
    .description('the four DORA keys, with what is behind each')
    .option('--service <service>', 'only of a service')
    .option('--team <team>', 'only of the services of a team')
    .option('--tier <tier>', 'only of services of a tier: 1, 2 or 3')
    .option('--env <environment>', 'only there; one of the kind production')
    .option('--days <n>', 'how many days (default: 30)')
    .option('--weeks <n>', 'week by week instead')
    .option('--from <instant>', 'default: --days before --to')
    .option('--to <instant>', 'default: now')
    .option('--builds', 'with --service: how its builds are, per pipeline: success, duration, flaky commits')
    .option('--events', 'the facts behind each figure, what was left out, and why')
    .action(
      run(async (shell, options: Options) => {
        const { service, team, from, to } = options;
        if (options.builds === true) return builds(shell, service, options.days);
        const tier = options.tier === undefined ? undefined : wholeNumber('--tier', options.tier, 1, 3);
        const filters = { service, team, tier, environment: options.env };
        if (options.weeks !== undefined) {
          const weeks = wholeNumber('--weeks', options.weeks, 1, 104);
          const trend = await shell.client().call(getDoraTrend, { query: { ...filters, to, weeks } });
          shell.print(table(trend.items.map(weekRow), ['week to', ...FIGURE_NAMES]), trend);
          return;
        }
        const days = options.days === undefined ? undefined : wholeNumber('--days', options.days, 1, 732);
        const dora = await shell.client().call(getDora, { query: { ...filters, from, to, days } });
        const all = FIGURE_NAMES.map((name) => dora[name]);
        const client = shell.client();
        const events = async (name: string) =>
          client.call(listFigureEvents, {
            query: { ...filters, from: dora.from, to: dora.to, figure: name as (typeof FIGURE_NAMES)[number], limit: 1000 },
          });
        const rows = all.map((kpi) => [
          kpi.name,
          say(kpi.value, kpi.unit),
          kpi.before.value === null ? 'before: nothing' : `before: ${say(kpi.before.value, kpi.unit)}`,
          count(kpi.events.length, 'event'),
          `${kpi.excluded.length} excluded`,
          `${kpi.unknown.length} unknown`,
        ]);
        const detail = options.events === true ? await Promise.all(all.map(async (kpi) => behind(kpi, await events(kpi.name)))) : [];
        shell.print([`${when(dora.from)} to ${when(dora.to)}`, table(rows), ...detail].join('\n'), dora);
      }),
    );
};

function behind(kpi: Kpi, { items, next }: AnswerOf<typeof listFigureEvents>): string {
  const rows = items.map((one) => [
    `  ${one.role}`,
    when(one.at),
    line(one.service),
    line(one.what),
    one.role === 'counted' && one.value !== null ? say(one.value, kpi.unit) : line(one.why ?? ''),
    one.fact ?? '',
  ]);
  return [
    '',
    kpi.name,
    wrap(kpi.definition, '  '),
    ...kpi.words.map((words) => wrap(words, '  ')),
    ...(kpi.percentiles === null ? [] : [`  ${spread(kpi.percentiles)}`]),
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(next === null ? [] : [`  There are more: ym export metrics-events --where figure=${kpi.name}`]),
  ].join('\n');
}

/** The percentiles of durations in one line. */
function spread(of: NonNullable<Kpi['percentiles']>): string {
  return (['p50', 'p75', 'p90', 'p95'] as const).map((name) => `${name} ${formatDuration(of[name] * 1000)}`).join(', ');
}

function weekRow(week: TrendWeek): string[] {
  return [when(week.to), ...FIGURE_NAMES.map((name) => say(week[name].value, UNITS[name]))];
}

const UNITS = {
  deploymentFrequency: 'per day',
  leadTimeForChanges: 'seconds',
  changeFailureRate: 'share',
  timeToRestore: 'seconds',
  reworkRate: 'share',
} as const;

function say(value: number | null, unit: string): string {
  if (value === null) return 'nothing to measure';
  if (unit === 'seconds') return formatDuration(value * 1000);
  return unit === 'share' ? `${(value * 100).toFixed(1)} %` : `${value} ${unit}`;
}

/** How the builds of a service are, to compare the next one with. */
async function builds(shell: Shell, service: string | undefined, days: string | undefined): Promise<void> {
  if (service === undefined) throw usage({ what: '--builds needs a service', try: 'ym metrics --builds --service shop' });
  const query = { service, days: days === undefined ? undefined : wholeNumber('--days', days, 1, 400) };
  const found = await shell.client().call(getBaseline, { query });
  const rows = found.pipelines.map((one) => [
    line(one.pipeline ?? 'pipeline'),
    one.system ?? one.origin,
    count(one.runs, 'run'),
    one.successRate === null ? 'nothing to measure' : `${(one.successRate * 100).toFixed(1)} % succeeded`,
    one.p50 === null || one.p90 === null
      ? 'too few for durations'
      : `p50 ${formatDuration(one.p50 * 1000)}, p90 ${formatDuration(one.p90 * 1000)}`,
    one.flakyCommits === 0 ? '' : `${one.flakyCommits} flaky commits`,
  ]);
  shell.print(rows.length === 0 ? 'No run has ended yet.' : table(rows), found);
}
