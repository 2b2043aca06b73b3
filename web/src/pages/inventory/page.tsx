import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getInventory, InventoryReportView, takeInventory } from '../../../../src/contract/inventory.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import {
  Ago,
  Button,
  Copy,
  Empty,
  Facts,
  Filters,
  Loaded,
  Page,
  Panel,
  Problem,
  Progress,
  Table,
  Tag,
  UrlFilter,
  UrlSelect,
  useUrl,
} from '../../kit/index.ts';
import { Agents, Clusters, Repository } from './parts.tsx';

type Judged = InventoryReportView['judged'][number];

/** What there is in forges and CI servers, how it differs, and what the policy of each tier would miss. */
export default function Inventory(): ReactNode {
  const may = useMay();
  const answer = useAnswer<typeof getInventory>(
    '/v1/inventory',
    {},
    { live: ['inventory'], every: (known) => (known?.taking == null ? false : 5000) },
  );
  const take = useAct<typeof takeInventory>('POST', '/v1/inventory');
  const markdown = answer.data?.markdown ?? null;
  const because = !may('connection.write') ? 'it needs the role admin' : answer.data?.taking == null ? null : 'one is being taken';
  return (
    <Page
      title="Inventory"
      crumbs={[{ label: 'Services', to: '/services' }]}
      actions={
        <>
          {markdown === null ? null : (
            <span className="inline-flex items-center text-sm text-quiet">
              as Markdown <Copy text={markdown} what="report as Markdown" />
            </span>
          )}
          <Button kind="primary" busy={take.busy} because={because} onClick={() => void take.act({ body: {} })}>
            Look through everything
          </Button>
        </>
      }
    >
      {take.problem === null ? null : <Problem of={take.problem} />}
      <Loaded of={answer} lines={10}>
        {({ taking, report }) => (
          <div className="min-w-0 space-y-4">
            {taking === null ? null : (
              <Panel>
                <Progress
                  part={taking.repositories === 0 ? null : taking.looked / taking.repositories}
                  label={`${taking.looked} of ${taking.repositories} repositories are looked through`}
                />
              </Panel>
            )}
            {report === null ? (
              <Panel>
                <Empty title="Nothing was looked through yet." command="ym inventory --repo .">
                  Connect your forge under Admin, Connections, and look through everything it holds. Without a server one folder is looked
                  through by:
                </Empty>
              </Panel>
            ) : (
              <Report of={report} />
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Report({ of }: { readonly of: InventoryReportView }): ReactNode {
  const [open, setOpen] = useUrl('repository');
  const shown = of.repositories.find(({ name }) => name === open);
  return (
    <>
      <Panel>
        <Facts
          of={[
            ['As of', <Ago at={of.at} />],
            ['Repositories', `${of.totals.repositories}, ${of.totals.withPipeline} of them with ${of.totals.pipelines} pipelines`],
            ...(of.totals.unreadable === 0 ? [] : ([['Could not be read', String(of.totals.unreadable)]] as const)),
            ['Systems', of.systems.map(({ name, repositories }) => `${name} ${repositories}`).join(', ') || 'none'],
            ['Environments', String(of.totals.environments)],
            ['Somebody has to agree', `at ${of.totals.approvals} steps`],
            ['Parts from elsewhere, not pinned', String(of.totals.looseParts)],
          ]}
        />
        {of.faults.length === 0 ? null : (
          <ul className="mt-3 space-y-1">
            {of.faults.map((fault) => (
              <li key={`${fault.where} ${fault.why}`}>
                <Tag tone="wait" icon="unknown">
                  not asked
                </Tag>{' '}
                <bdi>{fault.where}</bdi>: <bdi className="text-quiet">{fault.why}</bdi>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Missing of={of} onOpen={setOpen} />
      {shown === undefined ? null : <Repository key={shown.name} of={shown} onClose={() => setOpen('')} />}
      <Clusters of={of.clusters} onOpen={setOpen} />
      <Agents of={of.agents} />
      <Panel title="Tools" flush>
        <Table
          caption="Tools by how many repositories call them"
          rows={of.tools}
          rowKey={(one) => `${one.purpose} ${one.name}`}
          columns={[
            { key: 'purpose', label: 'For', sort: (one) => one.purpose, cell: (one) => one.purpose },
            { key: 'name', label: 'Tool', sort: (one) => one.name, cell: (one) => one.name },
            { key: 'n', label: 'Repositories', right: true, sort: (one) => one.repositories, cell: (one) => one.repositories },
          ]}
        />
      </Panel>
    </>
  );
}

const ANSWERS = { yes: ['allow', 'done', 'yes'], no: ['deny', 'deny', 'no'], unknown: ['wait', 'unknown', 'unknown'] } as const;

function Missing({ of, onOpen }: { readonly of: InventoryReportView; readonly onOpen: (name: string) => void }): ReactNode {
  const [lacks] = useUrl('lacks');
  const [text] = useUrl('text');
  const columns = [...new Set(of.judged.flatMap((one) => one.standing.map(({ what }) => what)))];
  const rows = of.judged
    .filter((one) => lacks === '' || one.standing.some(({ what, answer }) => what === lacks && answer !== 'yes'))
    .filter((one) => `${one.repository} ${one.service ?? ''}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <Panel title="What is missing" flush>
      <div className="p-3">
        <Filters>
          <UrlSelect name="lacks" label="Lacks" options={[['', 'anything'], ...columns.map((what): [string, string] => [what, what])]} />
          <UrlFilter name="text" label="Repository or service" />
        </Filters>
      </div>
      <Table
        caption="Repositories and services against the policy of their tier"
        rows={rows.slice(0, 300)}
        rowKey={(one) => `${one.repository} ${one.service ?? ''}`}
        empty={<p className="p-3 text-quiet">Nothing fits the filter.</p>}
        columns={[
          {
            key: 'repository',
            label: 'Repository',
            sort: (one) => one.repository,
            cell: (one) => <Opener of={one.repository} onOpen={onOpen} />,
          },
          { key: 'service', label: 'Service', sort: (one) => one.service ?? '', cell: (one) => <Service of={one} /> },
          {
            key: 'policy',
            label: 'Judged by',
            cell: (one) => `${one.policy}, tier ${one.tier}${one.service === null ? ' (as an example)' : ''}`,
          },
          { key: 'standing', label: 'Standing', cell: (one) => <Standing of={one} /> },
        ]}
      />
    </Panel>
  );
}

function Opener({ of, onOpen }: { readonly of: string; readonly onOpen: (name: string) => void }): ReactNode {
  return (
    <button type="button" className="block min-h-6 text-left break-words underline underline-offset-2" onClick={() => onOpen(of)}>
      <bdi>{of}</bdi>
    </button>
  );
}

function Service({ of: { service } }: { readonly of: Judged }): ReactNode {
  if (service === null) return <span className="text-quiet">none</span>;
  return (
    <Link to="/services/$service" params={{ service } as never}>
      {service}
    </Link>
  );
}

function Standing({ of: { standing } }: { readonly of: Judged }): ReactNode {
  const open = standing.filter(({ answer }) => answer !== 'yes');
  if (open.length === 0) return <Tag tone="allow">nothing is missing</Tag>;
  return (
    <span className="flex min-w-0 flex-wrap gap-1">
      {open.map(({ what, answer, why }) => (
        <Tag key={what} tone={ANSWERS[answer][0]} icon={ANSWERS[answer][1]} title={`${what}: ${ANSWERS[answer][2]}. ${why}`}>
          {answer === 'no' ? `no ${what}` : `${what}?`}
        </Tag>
      ))}
    </span>
  );
}
