import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { listReproductions, rebuildArtifact, RebuildView, ReproductionView } from '../../../../src/contract/artifacts.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Check, Empty, Loaded, Panel, Table, Tag, When } from '../../kit/index.ts';

type Row = { readonly key: string; readonly at: string; readonly of: ReproductionView | RebuildView };

/** Whether its commit, built again, gave the same bytes; what is being built again now, and what came to nothing. */
export function Rebuilds({ digest, own }: { readonly digest: string; readonly own: boolean }): ReactNode {
  const [asking, ask] = useState(false);
  const may = useMay()('run.start');
  const found = useAnswer<typeof listReproductions>('/v1/artifacts/{digest}/reproductions', { params: { digest } }, { live: ['artifact'] });
  const because = !own ? 'no run here made it' : may ? null : 'you hold no role that may start runs';
  return (
    <Panel
      title="Built again"
      flush
      actions={
        <Button because={because} onClick={() => ask(true)}>
          Build it again
        </Button>
      }
    >
      <Loaded of={found} lines={2}>
        {({ items, rebuilds }) => (
          <Table
            caption="Rebuilds"
            rows={rowsOf(items, rebuilds)}
            rowKey={(one) => one.key}
            empty={
              own ? (
                <Empty title="Nobody has built it again." command={`ym artifact reproduce ${digest}`}>
                  Whoever doubts that these bytes come from that commit has it built once more, elsewhere, and sees where the two differ.
                </Empty>
              ) : (
                <Empty title="Nobody has built it again." command={`ym artifact reproduce ${digest} --run RUN`}>
                  Another system built it. Build it there once more, record that run, and have the two compared:
                </Empty>
              )
            }
            columns={[
              { key: 'same', label: 'It gave', cell: ({ of }) => <Gave of={of} /> },
              { key: 'where', label: 'On', cell: ({ of }) => <On of={of} /> },
              { key: 'when', label: 'Asked', cell: ({ at }) => <When at={at} /> },
              { key: 'causes', label: 'Where they differ', breaks: true, cell: ({ of }) => <Causes of={of} /> },
            ]}
          />
        )}
      </Loaded>
      {asking ? <AskRebuild digest={digest} onClose={() => ask(false)} /> : null}
    </Panel>
  );
}

/** What was compared, and what was asked for and is not (yet). */
function rowsOf(items: readonly ReproductionView[], rebuilds: readonly RebuildView[]): Row[] {
  const open = rebuilds.filter(({ state }) => state !== 'compared');
  const all: Row[] = [...open, ...items].map((of) => ({ key: of.id, at: of.at, of }));
  return all.toSorted((one, other) => (one.at < other.at ? 1 : -1));
}

function Gave({ of }: { readonly of: Row['of'] }): ReactNode {
  if ('state' in of)
    return (
      <Link to="/runs/$run" params={{ run: of.run } as never}>
        {of.state === 'failed' ? (
          <Tag tone="deny" icon="deny">
            nothing
          </Tag>
        ) : (
          <Tag icon="wait">being built</Tag>
        )}
      </Link>
    );
  if (of.same)
    return (
      <Tag tone="allow" icon="done">
        the same bytes
      </Tag>
    );
  return (
    <Link to="/artifacts/$digest" params={{ digest: of.other } as never}>
      <Tag tone="wait" icon="wait">
        other bytes
      </Tag>
    </Link>
  );
}

function On({ of }: { readonly of: Row['of'] }): ReactNode {
  if ('state' in of) return of.anyRunner ? 'any runner' : 'another runner';
  if (of.runners === 'unknown') return 'not known';
  if (of.runners === 'same') return <bdi>{of.builtOn ?? 'the same runner'}, as the first time</bdi>;
  return (
    <bdi>
      {of.rebuiltOn ?? 'another runner'}
      {of.builtOn === null ? '' : ` (first: ${of.builtOn})`}
    </bdi>
  );
}

function Causes({ of }: { readonly of: Row['of'] }): ReactNode {
  if ('state' in of) return of.why === null ? '–' : <bdi>{of.why}</bdi>;
  if (of.causes.length === 0) return '–';
  return (
    <ul className="space-y-1">
      {of.causes.map(({ cause, count, paths, why }) => (
        <li key={cause}>
          {cause} ({count}): <bdi>{paths.slice(0, 5).join(', ')}</bdi>
          {why.length === 0 ? '' : ` (${[...new Set(why.map((each) => each.why))].join(', ')})`}
        </li>
      ))}
    </ul>
  );
}

function AskRebuild({ digest, onClose }: { readonly digest: string; readonly onClose: () => void }): ReactNode {
  const [anyRunner, setAny] = useState(false);
  const rebuild = useAct<typeof rebuildArtifact>('POST', '/v1/artifacts/{digest}/rebuilds');
  return (
    <Ask
      title="Build it again"
      says={<p>Its commit is built once more, and what comes of it is compared with these bytes. The run is one like any other.</p>}
      does="Build it again"
      reason="none"
      busy={rebuild.busy}
      problem={rebuild.problem}
      onClose={onClose}
      onDo={async () => {
        if ((await rebuild.act({ params: { digest }, body: { anyRunner } })) !== null) onClose();
      }}
    >
      <Check label="Also on the runner that built it the first time, which proves less" checked={anyRunner} onChange={setAny} />
    </Ask>
  );
}
