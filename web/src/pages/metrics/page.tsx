import type { ReactNode } from 'react';
import type { listEnvironments, listServices, listTeams } from '../../../../src/contract/catalog.ts';
import type { FigureName, getDora, KpiView } from '../../../../src/contract/metrics.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { Export, Facts, Filters, Loaded, Page, Panel, Table, Tag, UrlSelect, useUrl, When } from '../../kit/index.ts';
import { Events } from './events.tsx';
import { PERIODS, useFilters } from './filters.ts';
import { Trend } from './trend.tsx';
import { against, say, stepWords } from './words.ts';

const NAMES: readonly FigureName[] = ['deploymentFrequency', 'leadTimeForChanges', 'changeFailureRate', 'timeToRestore', 'reworkRate'];

/** The keys of DORA. One is open: its trend, its spread, and everything that is behind its number. */
export default function Screen(): ReactNode {
  const { query, search } = useFilters();
  const [figure, open] = useUrl('figure', 'deploymentFrequency');
  const dora = useAnswer<typeof getDora>(
    '/v1/metrics/dora',
    { query: query as never },
    { live: ['deployment', 'service', 'incident'], keep: true },
  );
  const chosen = NAMES.find((name) => name === figure) ?? 'deploymentFrequency';
  return (
    <Page title="Metrics" actions={<Export href={`/v1/metrics/dora.csv${search === '' ? '' : `?${search}`}`}>CSV</Export>}>
      <FilterRow />
      <Loaded of={dora} lines={8}>
        {(answer) => (
          <>
            <Cards answer={answer} chosen={chosen} onOpen={open} />
            <One kpi={answer[chosen]} query={query} search={search} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function FilterRow(): ReactNode {
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const teams = useAnswer<typeof listTeams>('/v1/teams', {}, { live: ['team'] });
  const environments = useAnswer<typeof listEnvironments>('/v1/environments', {}, { live: ['environment'] });
  const all = (items: readonly { readonly name: string }[] | undefined): [string, string][] => [
    ['', 'all'],
    ...(items ?? []).map((one): [string, string] => [one.name, one.name]),
  ];
  const production = environments.data?.items.filter((one) => one.kind === 'production');
  return (
    <Filters>
      <UrlSelect name="days" label="Time" options={[['', '30 days'], ...PERIODS.filter(([days]) => days !== '30')]} />
      <UrlSelect name="team" label="Team" options={all(teams.data?.items)} />
      <UrlSelect name="service" label="Service" options={all(services.data?.items)} />
      <UrlSelect
        name="tier"
        label="Tier"
        options={[
          ['', 'all'],
          ['1', '1, critical'],
          ['2', '2, important'],
          ['3', '3, low risk'],
        ]}
      />
      <UrlSelect name="environment" label="Environment" options={all(production)} />
    </Filters>
  );
}

function Cards({
  answer,
  chosen,
  onOpen,
}: {
  readonly answer: AnswerOf<typeof getDora>;
  readonly chosen: FigureName;
  readonly onOpen: (name: string) => void;
}): ReactNode {
  return (
    <section className="space-y-2" aria-label="the figures">
      <p className="text-sm text-quiet">
        <When at={answer.from} /> to <When at={answer.to} />, beside as much time before. Production only.
      </p>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,11rem),1fr))] gap-2">
        {NAMES.map((name) => {
          const kpi = answer[name];
          const { words, tone } = against(kpi);
          return (
            <li key={name}>
              <button
                type="button"
                aria-pressed={name === chosen}
                onClick={() => onOpen(name)}
                className={`panel flex h-full w-full flex-col items-start gap-1 p-3 text-left hover:bg-hover ${name === chosen ? 'outline-2 outline-accent' : ''}`}
              >
                <span className="text-sm text-quiet">{kpi.title}</span>
                <span className={kpi.value === null ? 'text-base text-quiet' : 'text-xl font-semibold'}>{say(kpi.value, kpi.unit)}</span>
                <span className={`text-sm ${tone === 'allow' ? 'text-allow' : tone === 'deny' ? 'text-deny' : 'text-quiet'}`}>{words}</span>
                <span className="mt-auto flex flex-wrap gap-1 pt-1">
                  <Tag>{kpi.counted.toLocaleString()} counted</Tag>
                  {kpi.excluded.length === 0 ? null : <Tag>{kpi.excluded.length.toLocaleString()} left out</Tag>}
                  {kpi.unknown.length === 0 ? null : (
                    <Tag tone="unknown" icon="unknown">
                      {kpi.unknown.length.toLocaleString()} unknown
                    </Tag>
                  )}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function One({
  kpi,
  query,
  search,
}: {
  readonly kpi: KpiView;
  readonly query: Record<string, string>;
  readonly search: string;
}): ReactNode {
  const [weeks, setWeeks] = useUrl('weeks', '13');
  return (
    <>
      <div className="grid min-w-0 gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Panel
          title={`${kpi.title}, week by week`}
          actions={
            <select
              aria-label="how many weeks"
              value={weeks}
              onChange={(event) => setWeeks(event.target.value)}
              className="min-h-8 rounded-md border border-edge bg-surface px-2 text-sm"
            >
              {['8', '13', '26', '52', '104'].map((one) => (
                <option key={one} value={one}>
                  {one} weeks
                </option>
              ))}
            </select>
          }
        >
          <Trend figure={kpi.name as FigureName} unit={kpi.unit} query={query} />
        </Panel>
        <Panel title="What it says">
          <div className="space-y-3">
            <p>{kpi.definition}</p>
            <ul className="list-disc space-y-1 pl-5 text-sm text-quiet">
              {kpi.words.map((words) => (
                <li key={words}>{words}</li>
              ))}
            </ul>
            {kpi.percentiles === null ? null : (
              <Facts
                of={[
                  ['half within', say(kpi.percentiles.p50, 'seconds')],
                  ['three of four', say(kpi.percentiles.p75, 'seconds')],
                  ['nine of ten', say(kpi.percentiles.p90, 'seconds')],
                  ['19 of 20', say(kpi.percentiles.p95, 'seconds')],
                ]}
              />
            )}
          </div>
        </Panel>
      </div>
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        {kpi.distribution.length === 0 ? null : <Distribution kpi={kpi} />}
        {kpi.services.length === 0 ? null : <ByService kpi={kpi} />}
      </div>
      <Events kpi={kpi} query={query} search={search} />
    </>
  );
}

function Distribution({ kpi }: { readonly kpi: KpiView }): ReactNode {
  const most = Math.max(...kpi.distribution.map((step) => step.count), 1);
  return (
    <Panel title="How it is spread">
      <table className="w-full">
        <caption className="sr-only">How many lie in each step</caption>
        <tbody>
          {kpi.distribution.map((step, index) => (
            <tr key={step.upTo ?? 'more'}>
              <th scope="row" className="w-28 py-0.5 pr-2 text-left text-sm font-normal text-quiet">
                {stepWords(step.upTo, kpi.distribution[index - 1]?.upTo ?? null)}
              </th>
              <td className="py-0.5">
                <span className="flex items-center gap-2">
                  <span className="h-3 rounded-sm bg-accent-ground" style={{ width: `${(step.count / most) * 80}%` }} aria-hidden="true" />
                  <span className="text-sm">{step.count}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function ByService({ kpi }: { readonly kpi: KpiView }): ReactNode {
  const [, choose] = useUrl('service');
  return (
    <Panel flush title="By service">
      <Table
        caption={`${kpi.title} by service`}
        rows={kpi.services}
        rowKey={(one) => one.service}
        columns={[
          {
            key: 'service',
            label: 'service',
            cell: (one) => (
              <button type="button" className="min-h-6 text-left text-accent hover:underline" onClick={() => choose(one.service)}>
                <bdi>{one.service}</bdi>
              </button>
            ),
            sort: (one) => one.service,
          },
          { key: 'team', label: 'team', cell: (one) => <bdi>{one.team}</bdi>, sort: (one) => one.team },
          { key: 'counted', label: 'counted', right: true, cell: (one) => one.counted.toLocaleString(), sort: (one) => one.counted },
          { key: 'value', label: 'value', right: true, cell: (one) => say(one.value, kpi.unit), sort: (one) => one.value ?? -1 },
        ]}
      />
    </Panel>
  );
}
