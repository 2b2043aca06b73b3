import { Link } from '@tanstack/react-router';
import { lazy, Suspense, type ReactNode } from 'react';
import type { traceFrom } from '../../../../src/contract/evidence.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAnswer } from '../../api/query.ts';
import { Check, Command, Copy, Empty, Loaded, Panel, Skeleton, Tag, useUrl, When } from '../../kit/index.ts';
import { FactTable } from './fact-list.tsx';

export type TraceOf = AnswerOf<typeof traceFrom>;
export type Node = TraceOf['nodes'][number];

const Graph = lazy(() => import('./graph.tsx'));
const NODE = /^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/;
/** The road, in its order, and how each station is called when there are several. */
const ROAD: readonly (readonly [kind: string, label: string])[] = [
  ['commit', 'Commits'],
  ['run', 'Runs'],
  ['job', 'Jobs'],
  ['report', 'Reports'],
  ['artifact', 'Artifacts'],
  ['bytes', 'Bytes'],
  ['release', 'Releases'],
  ['change', 'Change records'],
  ['approval', 'Approvals'],
  ['waiver', 'Waivers'],
  ['decision', 'Decisions'],
  ['deployment', 'Deployments'],
  ['verification', 'Verifications'],
  ['incident', 'Incidents'],
];
/** Kinds that tell little at first sight; shown where one asks for all. */
const QUIET = new Set(['job', 'report', 'artifact', 'verification', 'change']);

/** Where something came from and what became of it. */
export function Trace(): ReactNode {
  const [node] = useUrl('node');
  if (!NODE.test(node))
    return (
      <Panel title="Trace">
        <Empty title="From where?" command="ym trace shop@1.2.0">
          Find something above: its commits, runs and artifacts lie behind it; approvals, deployments and incidents before it.
        </Empty>
      </Panel>
    );
  return <TraceFrom node={node} />;
}

function TraceFrom({ node }: { readonly node: string }): ReactNode {
  const trace = useAnswer<typeof traceFrom>('/v1/trace/{node}', { params: { node } });
  const [all, setAll] = useUrl('all');
  return (
    <Loaded of={trace}>
      {(answer) => {
        const start = answer.nodes.find(({ id }) => id === node);
        const shown = answer.nodes.filter(({ id, kind }) => all === '1' || id === node || !QUIET.has(kind));
        const releases = answer.nodes.filter(({ kind }) => kind === 'release').slice(0, 5);
        return (
          <div className="space-y-4">
            <Panel
              title={
                <span className="flex min-w-0 flex-wrap items-center gap-2">
                  <Tag tone="accent">{start?.kind ?? 'node'}</Tag>
                  <bdi className="min-w-0">{start === undefined ? node : nameOf(start)}</bdi>
                  <Copy text={node} what="id" />
                </span>
              }
              actions={<Check label="jobs, reports and checks too" checked={all === '1'} onChange={(on) => setAll(on ? '1' : '')} />}
            >
              <div className="max-md:hidden">
                <Suspense fallback={<Skeleton lines={8} />}>
                  <Graph trace={{ ...answer, nodes: shown }} start={node} />
                </Suspense>
              </div>
              {answer.cut ? <p className="text-wait">It goes on further than can be shown: begin nearer to what you look for.</p> : null}
              <Stations nodes={shown} start={node} />
            </Panel>
            {releases.length === 0 ? null : <Proofs releases={releases} />}
            <Panel title={`Its facts (${answer.facts.length})`} flush>
              <FactTable facts={[...answer.facts].reverse().slice(0, 300)} />
            </Panel>
          </div>
        );
      }}
    </Loaded>
  );
}

export function nameOf(node: Node): string {
  if (node.label !== null) return node.label;
  if (node.kind === 'commit') return node.id.slice(0, 12);
  return node.id.startsWith('sha256:') ? node.id.slice(7, 19) : `${node.id.slice(0, 14)}…`;
}

/** The page that a station has, where it has one. */
function pageOf({ kind, id }: Node): string | null {
  const pages: Readonly<Record<string, string>> = {
    run: '/runs',
    release: '/releases',
    decision: '/decisions',
    incident: '/incidents',
    bytes: '/artifacts',
  };
  const page = pages[kind];
  return page === undefined ? null : `${page}/${encodeURIComponent(id)}`;
}

/** The same as a list, station by station: for phones, for screen readers, and for who likes lists. */
function Stations({ nodes, start }: { readonly nodes: readonly Node[]; readonly start: string }): ReactNode {
  const filled = ROAD.flatMap(([kind, label]) => {
    const here = nodes.filter((node) => node.kind === kind);
    return here.length === 0 ? [] : [{ kind, label, here }];
  });
  return (
    <ol className="mt-3 grid gap-3 border-t border-line pt-3 sm:grid-cols-2 xl:grid-cols-4" aria-label="the road, station by station">
      {filled.map(({ kind, label, here }) => (
        <li key={kind} className="min-w-0">
          <h3 className="text-sm text-quiet">
            {label} ({here.length})
          </h3>
          <ul>
            {here.slice(0, 30).map((node) => (
              <li key={node.id} className="flex min-h-6 min-w-0 flex-wrap items-baseline gap-x-2">
                <Link
                  to="/evidence"
                  search={{ part: 'trace', node: node.id } as never}
                  className={`min-w-0 ${node.id === start ? 'font-semibold' : ''}`}
                  title={node.id}
                >
                  <bdi>{nameOf(node)}</bdi>
                </Link>
                {node.at === null ? null : (
                  <span className="text-sm text-quiet">
                    <When at={node.at} />
                  </span>
                )}
                {pageOf(node) === null ? null : (
                  <Link to={pageOf(node) ?? ''} className="text-sm" aria-label={`open the page of ${nameOf(node)}`}>
                    open
                  </Link>
                )}
              </li>
            ))}
            {here.length > 30 ? <li className="text-quiet">and {here.length - 30} more</li> : null}
          </ul>
        </li>
      ))}
    </ol>
  );
}

/** The proof to take along, and how a stranger checks it without us. */
function Proofs({ releases }: { readonly releases: readonly Node[] }): ReactNode {
  const first = releases[0];
  return (
    <Panel title="The proof, to take along">
      <div className="grid min-w-0 gap-3 lg:grid-cols-2">
        <ul className="space-y-1">
          {releases.map((release) => (
            <li key={release.id}>
              <a href={`/v1/releases/${release.id}/bundle`} download>
                Bundle of <bdi>{nameOf(release)}</bdi>
              </a>{' '}
              <span className="text-quiet">one file: facts, inclusion proofs, attestations, decisions with their inputs</span>
            </li>
          ))}
        </ul>
        <ol className="list-decimal space-y-2 pl-5">
          <li>
            Once, over a way you trust: <Command text={`ym trust --url ${location.origin} --out trust.json`} />
          </li>
          <li>
            Offline, anywhere: <Command text={`ym verify ${first?.id ?? 'RELEASE'}.bundle.json --trust trust.json`} />
          </li>
          <li>It re-derives each go and no-go, and ends with 0 only where every check holds.</li>
        </ol>
      </div>
    </Panel>
  );
}
