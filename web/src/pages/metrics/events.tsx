import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { FigureEvent, FigureName, KpiView, listFigureEvents } from '../../../../src/contract/metrics.ts';
import { useAnswer } from '../../api/query.ts';
import { Button, Empty, Export, Loaded, Panel, Table, Tag, useUrl, When, type Column } from '../../kit/index.ts';
import { say } from './words.ts';

/** Everything that a number opens to: what counts, what was left out, what is unknown, each with its reason. */
export function Events({
  kpi,
  query,
  search,
}: {
  readonly kpi: KpiView;
  readonly query: Record<string, string>;
  readonly search: string;
}): ReactNode {
  const [role, setRole] = useUrl('role');
  const [cursor, turn] = useUrl('page');
  const figure = kpi.name as FigureName;
  const asked = { ...query, figure, limit: 100, ...(role === '' ? {} : { role }), ...(cursor === '' ? {} : { cursor }) };
  const events = useAnswer<typeof listFigureEvents>(
    '/v1/metrics/dora/events',
    { query: asked as never },
    { live: ['deployment', 'service', 'incident'], keep: true },
  );
  return (
    <Panel
      flush
      title={`What is behind: ${kpi.title}`}
      actions={<Export href={`/v1/metrics/dora/events.csv?${search === '' ? '' : `${search}&`}figure=${figure}`}>CSV</Export>}
    >
      <Loaded of={events} lines={6}>
        {({ items, next, total }) => (
          <>
            <div className="flex flex-wrap gap-2 border-b border-line p-2">
              {(['', 'counted', 'excluded', 'unknown'] as const).map((one) => (
                <Button key={one} kind={role === one ? 'plain' : 'quiet'} aria-pressed={role === one} onClick={() => setRole(one)}>
                  {one === '' ? 'everything' : `${total[one].toLocaleString()} ${one}`}
                </Button>
              ))}
            </div>
            <Table
              caption={`What is behind ${kpi.title}, newest first`}
              columns={columns(kpi.unit)}
              rows={items}
              rowKey={(one) => `${one.role} ${one.fact ?? ''} ${one.what}`}
              empty={<Empty title="Nothing in this time">Choose a longer time, or fewer filters.</Empty>}
            />
            {next === null && cursor === '' ? null : (
              <div className="flex justify-end gap-2 p-2">
                {cursor === '' ? null : <Button onClick={() => turn('')}>To the first</Button>}
                {next === null ? null : <Button onClick={() => turn(next)}>More</Button>}
              </div>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const TONE = { counted: 'allow', excluded: 'plain', unknown: 'unknown' } as const;

function columns(unit: string): readonly Column<FigureEvent>[] {
  return [
    { key: 'what', label: 'what', cell: (one) => <What of={one} /> },
    { key: 'role', label: 'role', cell: (one) => <Tag tone={TONE[one.role]}>{one.role}</Tag> },
    {
      key: 'service',
      label: 'service',
      cell: (one) => <Link to={`/services/${one.service}`}>{one.service}</Link>,
      sort: (one) => one.service,
    },
    { key: 'at', label: 'when', cell: (one) => <When at={one.at} />, sort: (one) => one.at },
    {
      key: 'value',
      label: unit === 'share' ? 'counts as' : 'value or reason',
      cell: (one) =>
        one.role !== 'counted'
          ? (one.why ?? '')
          : one.value === null
            ? 'one'
            : unit === 'share'
              ? one.value === 1
                ? 'yes'
                : 'no'
              : say(one.value, unit),
      sort: (one) => one.value ?? -1,
    },
  ];
}

/** `deployment dep_...` with its page behind it. */
function What({ of }: { readonly of: FigureEvent }): ReactNode {
  const [kind = '', id = ''] = of.what.split(' ');
  const brief = `${kind} ${id.length > 20 ? `${id.slice(0, 12)}…` : id}`;
  const address = {
    release: `/releases/${id}`,
    incident: `/incidents/${id}`,
    deployment: `/evidence?node=${id}`,
    commit: `/evidence?node=${id}`,
  }[kind];
  return address === undefined || id === '' ? (
    <span>{of.what}</span>
  ) : (
    <Link to={address} title={of.what}>
      {brief}
    </Link>
  );
}
