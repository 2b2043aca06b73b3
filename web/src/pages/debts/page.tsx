import { useState, type ReactNode } from 'react';
import type { listEnvironments, listServices, listTeams } from '../../../../src/contract/catalog.ts';
import type { DebtView, listDebts } from '../../../../src/contract/debts.ts';
import { useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import {
  Ago,
  Button,
  Empty,
  Export,
  Filters,
  Loaded,
  Page,
  Panel,
  Person,
  Table,
  UrlSelect,
  useKeys,
  useUrl,
  type Column,
} from '../../kit/index.ts';
import { AskAct, type Act } from './acts.tsx';
import { Details, money, Standing, Summary, Teams } from './parts.tsx';
import { RequestForm } from './request.tsx';

const LIVE = ['waiver', 'release', 'freeze'];
const KINDS: readonly (readonly [string, string])[] = [
  ['', 'everything'],
  ['finding', 'Findings accepted'],
  ['check', 'Checks skipped'],
  ['freeze', 'Freezes overridden'],
  ['quarantine', 'Tests in quarantine'],
  ['approval', 'Approvals suspended'],
  ['debt', 'Debts of break-glass'],
  ['break-glass', 'Break-glass'],
];

/** Every exception in one ledger: who answers for it, until when, what it costs, and what happens then. */
export default function Screen(): ReactNode {
  const [open, setOpen] = useUrl('waiver');
  const [cursor, turn] = useUrl('page');
  const [act, setAct] = useState<{ readonly of: DebtView; readonly act: Act } | null>(null);
  const [asking, setAsking] = useState(false);
  const may = useMay()('waiver.request');
  const query = useQueryOf();
  const search = new URLSearchParams(query).toString();
  const debts = useAnswer<typeof listDebts>(
    '/v1/debts',
    { query: { ...query, ...(cursor === '' ? {} : { cursor }) } as never },
    { live: LIVE, keep: true },
  );
  const one = useAnswer<typeof listDebts>('/v1/debts', { query: { id: open } }, { live: LIVE, enabled: open !== '' });
  const shown = open === '' ? undefined : one.data?.items[0];
  useKeys({ n: { label: 'ask for an exception', run: () => (may ? setAsking(true) : undefined) } });
  return (
    <Page
      title="Debts"
      actions={
        <>
          <Export href={`/v1/debts.csv${search === '' ? '' : `?${search}`}`}>CSV</Export>
          <Button kind="primary" because={may ? null : 'you hold no role that may ask for exceptions'} onClick={() => setAsking(true)}>
            Ask for an exception
          </Button>
        </>
      }
    >
      <Loaded of={debts} lines={10}>
        {(answer) => (
          <>
            <Summary of={answer.summary} />
            {answer.teams.length === 0 ? null : (
              <Panel title="How near teams are to their cap">
                <Teams of={answer.teams} />
              </Panel>
            )}
            <FilterRow />
            <Panel flush>
              <Table
                caption="Exceptions, those that end first on top"
                columns={columns(setOpen)}
                rows={answer.items}
                rowKey={(row) => row.id}
                empty={<Nothing />}
              />
              {answer.next === null && cursor === '' ? null : (
                <div className="flex justify-end gap-2 p-2">
                  {cursor === '' ? null : <Button onClick={() => turn('')}>To the first</Button>}
                  {answer.next === null ? null : <Button onClick={() => turn(answer.next ?? '')}>More</Button>}
                </div>
              )}
            </Panel>
          </>
        )}
      </Loaded>
      {shown === undefined || act !== null ? null : (
        <Details key={shown.id} of={shown} onClose={() => setOpen('')} onAct={(what) => setAct({ of: shown, act: what })} />
      )}
      {act === null ? null : <AskAct of={act.of} act={act.act} onClose={() => setAct(null)} />}
      {asking ? <RequestForm onClose={() => setAsking(false)} /> : null}
    </Page>
  );
}

function useQueryOf(): Record<string, string> {
  const [show] = useUrl('show');
  const [kind] = useUrl('kind');
  const [team] = useUrl('team');
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [mine] = useUrl('mine');
  return Object.fromEntries(Object.entries({ show, kind, team, service, environment, mine }).filter(([, value]) => value !== ''));
}

function FilterRow(): ReactNode {
  const services = useAnswer<typeof listServices>('/v1/services', {}, { live: ['service'] });
  const teams = useAnswer<typeof listTeams>('/v1/teams', {}, { live: ['team'] });
  const environments = useAnswer<typeof listEnvironments>('/v1/environments', {}, { live: ['environment'] });
  const all = (items: readonly { readonly name: string }[] | undefined): [string, string][] => [
    ['', 'all'],
    ...(items ?? []).map((one): [string, string] => [one.name, one.name]),
  ];
  return (
    <Filters>
      <UrlSelect
        name="show"
        label="Show"
        options={[
          ['', 'what is open'],
          ['past', 'what is over'],
        ]}
      />
      <UrlSelect name="kind" label="What" options={KINDS} />
      <UrlSelect name="team" label="Team" options={all(teams.data?.items)} />
      <UrlSelect name="service" label="Service" options={all(services.data?.items)} />
      <UrlSelect name="environment" label="Environment" options={all(environments.data?.items)} />
      <UrlSelect
        name="mine"
        label="Whose"
        options={[
          ['', 'anybody’s'],
          ['true', 'mine'],
        ]}
      />
    </Filters>
  );
}

function Nothing(): ReactNode {
  const query = useQueryOf();
  return Object.keys(query).length > 0 ? (
    <Empty title="No exception fits these filters" />
  ) : (
    <Empty
      title="No exceptions: every rule holds"
      command="ym waiver request --service SERVICE --kind check --subject tests-pass --reason WHY --ticket TICKET --for 7d"
    >
      Where a rule has to be suspended for a while, a person asks and another one approves:
    </Empty>
  );
}

function columns(open: (id: string) => void): readonly Column<DebtView>[] {
  return [
    {
      key: 'subject',
      label: 'what',
      breaks: true,
      cell: (one) => (
        <div className="min-w-0">
          <button type="button" className="min-h-6 text-left text-accent hover:underline" onClick={() => open(one.id)}>
            {one.title}
          </button>
          <p className="line-clamp-2 min-w-0 text-sm sm:min-w-56" title={one.subject}>
            <bdi>{one.subject}</bdi>
          </p>
        </div>
      ),
    },
    { key: 'state', label: 'state', cell: (one) => <Standing of={one} />, sort: (one) => one.state },
    {
      key: 'where',
      label: 'for',
      cell: (one) => (
        <span>
          <bdi>{one.service ?? `team ${one.team}`}</bdi>
          {one.environment === null ? '' : ` in ${one.environment}`}
        </span>
      ),
      sort: (one) => one.service ?? one.team,
    },
    { key: 'owner', label: 'owner', cell: (one) => <Person id={one.owner.id} name={one.owner.name} />, sort: (one) => one.owner.name },
    {
      key: 'approver',
      label: 'approver',
      wide: true,
      cell: (one) => (one.approver === null ? '–' : <Person id={one.approver.id} name={one.approver.name} />),
    },
    {
      key: 'price',
      label: 'price',
      right: true,
      wide: true,
      cell: (one) => (one.price === null ? '–' : money(one.price)),
      sort: (one) => one.price?.minor ?? 0,
    },
    { key: 'ends', label: 'ends or due', cell: (one) => <Ago at={one.endsAt} />, sort: (one) => one.endsAt },
  ];
}
