import { useEffect, useRef, type ReactNode } from 'react';
import type { InventoryReportView } from '../../../../src/contract/inventory.ts';
import { Ago, Button, Facts, OutsideLink, Panel, Table, Tag } from '../../kit/index.ts';

type Found = InventoryReportView['repositories'][number];

/** One repository: its road, its pipelines, and what of others it takes. */
export function Repository({ of, onClose }: { readonly of: Found; readonly onClose: () => void }): ReactNode {
  const loose = of.pipelines.flatMap(({ parts }) => parts.filter(({ pinned }) => pinned !== 'commit' && pinned !== 'local'));
  const unseen = of.pipelines.flatMap((one) => one.unseen);
  // What was pressed may stand far above or below: the answer must be seen.
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => here.current?.scrollIntoView({ block: 'nearest' }), []);
  const known = (value: boolean | null): string => (value === null ? 'it could not be asked' : value ? 'yes' : 'no');
  return (
    <div ref={here} className="min-w-0 scroll-mt-3">
      <Panel title={<bdi>{of.name}</bdi>} actions={<Button onClick={onClose}>Close</Button>} flush>
        <div className="border-b border-line p-3">
          <Facts
            of={[
              ...(of.url === null ? [] : ([['Where', <OutsideLink href={of.url} />]] as const)),
              ['Branch', <bdi>{of.branch ?? 'none'}</bdi>],
              ['Protected', known(of.branchProtected)],
              [
                'Road',
                <bdi>
                  {of.road.length === 0
                    ? 'nothing is seen to be deployed'
                    : of.road.map((stop) => stop.replace(/!$/, ' (asks)')).join(' → ')}
                </bdi>,
              ],
              ...(of.fault === null ? [] : ([['Trouble', <bdi>{of.fault}</bdi>]] as const)),
              ...(unseen.length === 0 ? [] : ([['Not seen', <bdi>{unseen.slice(0, 8).join('; ')}</bdi>]] as const)),
              ...(loose.length === 0
                ? []
                : ([
                    [
                      'Not pinned',
                      <bdi className="break-words">
                        {loose
                          .slice(0, 12)
                          .map(({ what }) => what)
                          .join(', ')}
                      </bdi>,
                    ],
                  ] as const)),
            ]}
          />
        </div>
        <OnServers of={of.pipelines} />
        <Table
          caption={`Jobs of ${of.name}`}
          rows={of.pipelines
            .flatMap((pipeline) => pipeline.jobs.map((job, index) => ({ ...job, file: pipeline.file, key: `${pipeline.file} ${index}` })))
            .slice(0, 200)}
          rowKey={(one) => one.key}
          empty={<p className="p-3 text-quiet">No job was found.</p>}
          columns={[
            { key: 'job', label: 'Job', cell: (one) => <bdi className="break-words">{one.name}</bdi> },
            { key: 'file', label: 'File', wide: true, breaks: true, cell: (one) => <bdi className="font-mono text-sm">{one.file}</bdi> },
            { key: 'for', label: 'For', cell: (one) => one.purposes.join(', ') },
            {
              key: 'environment',
              label: 'Deploys',
              cell: (one) => (one.deploys ? <bdi>{one.environment ?? 'without an environment'}</bdi> : ''),
            },
            { key: 'approval', label: 'Asks', cell: (one) => (one.approval === null ? '' : <Tag>{one.approval}</Tag>) },
          ]}
        />
      </Panel>
    </div>
  );
}

/** What CI servers say of the pipelines of a repository. */
function OnServers({ of }: { readonly of: Found['pipelines'] }): ReactNode {
  const live = of.flatMap((one) => (one.live === undefined ? [] : [{ name: one.name, system: one.system, ...one.live }]));
  if (live.length === 0) return null;
  return (
    <Table
      caption="On servers"
      rows={live.slice(0, 200)}
      rowKey={(one) => `${one.system} ${one.name}`}
      columns={[
        { key: 'name', label: 'Pipeline', cell: (one) => <bdi className="break-words">{one.name}</bdi> },
        { key: 'system', label: 'On', wide: true, cell: (one) => one.system },
        { key: 'last', label: 'Last run', cell: (one) => (one.lastRun === null ? 'never' : <Ago at={one.lastRun.at} />) },
        { key: 'result', label: 'Ended', cell: (one) => one.lastRun?.result ?? '' },
        { key: 'agent', label: 'Agent', wide: true, cell: (one) => <bdi className="break-words">{one.agent ?? ''}</bdi> },
        {
          key: 'off',
          label: 'State',
          cell: (one) => (one.disabled === true ? <Tag>switched off</Tag> : one.disabled === null ? 'not said' : 'on'),
        },
      ]}
    />
  );
}

/** Machines that run jobs of CI servers. */
export function Agents({ of }: { readonly of: InventoryReportView['agents'] }): ReactNode {
  if (of.length === 0) return null;
  return (
    <Panel title="Agents" flush>
      <Table
        caption="Machines that run jobs of CI servers"
        rows={of}
        rowKey={(one) => `${one.where} ${one.name}`}
        columns={[
          { key: 'name', label: 'Agent', sort: (one) => one.name, cell: (one) => <bdi className="break-words">{one.name}</bdi> },
          { key: 'where', label: 'Of', sort: (one) => one.where, cell: (one) => <bdi>{one.where}</bdi> },
          { key: 'online', label: 'State', cell: (one) => (one.online === null ? 'not said' : one.online ? 'online' : 'offline') },
          { key: 'executors', label: 'Executors', right: true, wide: true, cell: (one) => one.executors ?? '' },
          { key: 'labels', label: 'Labels', wide: true, cell: (one) => <bdi className="break-words">{one.labels.join(', ')}</bdi> },
        ]}
      />
    </Panel>
  );
}

/** Repositories that are built alike, and how the others differ from the most common way. */
export function Clusters({
  of,
  onOpen,
}: {
  readonly of: InventoryReportView['clusters'];
  readonly onOpen: (name: string) => void;
}): ReactNode {
  if (of.length === 0) return null;
  return (
    <Panel title="How they differ">
      <ol className="space-y-3">
        {of.slice(0, 30).map((cluster, index) => (
          <li key={cluster.shape.join(' ')} className="min-w-0">
            <p className="font-medium">
              {cluster.repositories.length} alike
              <span className="font-normal text-quiet">
                {index === 0
                  ? `: ${cluster.shape.join(', ')}`
                  : [...cluster.lacks.map((word) => ` · without: ${word}`), ...cluster.beside.map((word) => ` · besides: ${word}`)].join(
                      '',
                    )}
              </span>
            </p>
            <p className="flex min-w-0 flex-wrap gap-x-3 text-sm">
              {cluster.repositories.slice(0, 20).map((name) => (
                <button key={name} type="button" className="min-h-6 underline underline-offset-2" onClick={() => onOpen(name)}>
                  <bdi>{name}</bdi>
                </button>
              ))}
              {cluster.repositories.length > 20 ? <span className="text-quiet">and {cluster.repositories.length - 20} more</span> : null}
            </p>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
