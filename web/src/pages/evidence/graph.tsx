import { Link } from '@tanstack/react-router';
import dagre from '@dagrejs/dagre';
import { useMemo, type ReactNode } from 'react';
import { reduced } from './reduce.ts';
import { nameOf, type Node, type TraceOf } from './trace.tsx';

const WIDE = 160;
/** No smaller than this part of its size: what does not fit then scrolls. */
const LEAST = 0.72;
const HIGH = 42;
/** More than this of one kind, and the picture tells nothing: the list below has them all. */
const MOST_OF_A_KIND = 10;

/** The road as a picture, from left to right. Each station leads to the trace from there. */
export default function Graph({ trace, start }: { readonly trace: TraceOf; readonly start: string }): ReactNode {
  const drawn = useMemo(() => layout(trace, start), [trace, start]);
  return (
    <div className="max-h-[70vh] overflow-auto rounded border border-line bg-ground">
      <svg
        className="h-auto w-full"
        style={{ minWidth: drawn.width * LEAST, maxWidth: drawn.width }}
        viewBox={`0 0 ${drawn.width} ${drawn.height}`}
        role="group"
        aria-label="The road as a picture; the same stands below as a list"
      >
        <defs>
          <marker id="trace-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" className="fill-edge" />
          </marker>
        </defs>
        {drawn.edges.map((edge) => (
          <path key={edge.key} d={edge.path} className="fill-none stroke-edge" strokeWidth="1.2" markerEnd="url(#trace-arrow)" />
        ))}
        {drawn.nodes.map(({ node, x, y }) => (
          <Station key={node.id} node={node} x={x} y={y} start={node.id === start} />
        ))}
      </svg>
      {drawn.left === 0 ? null : <p className="p-2 text-sm text-quiet">{drawn.left} more stations are in the list below.</p>}
    </div>
  );
}

function Station({
  node,
  x,
  y,
  start,
}: {
  readonly node: Node;
  readonly x: number;
  readonly y: number;
  readonly start: boolean;
}): ReactNode {
  const name = nameOf(node);
  return (
    <Link to="/evidence" search={{ part: 'trace', node: node.id } as never} aria-label={`${node.kind} ${name}`}>
      <title>{`${node.kind}: ${name}`}</title>
      <rect
        x={x}
        y={y}
        width={WIDE}
        height={HIGH}
        rx="6"
        className={start ? 'fill-accent-soft stroke-accent' : 'fill-surface stroke-edge hover:fill-hover'}
        strokeWidth={start ? 2 : 1}
      />
      <text x={x + 10} y={y + 16} className="fill-quiet text-[11px]">
        {node.kind}
      </text>
      <text x={x + 10} y={y + 32} className="fill-ink text-[12.5px] font-medium">
        {name.length > 22 ? `${name.slice(0, 21)}…` : name}
      </text>
    </Link>
  );
}

function layout(trace: TraceOf, start: string) {
  const counts = new Map<string, number>();
  // The newest of each kind; the start whatever its age.
  const nodes = [...trace.nodes]
    .sort((a, b) => (a.id === start ? -1 : b.id === start ? 1 : (b.at ?? '').localeCompare(a.at ?? '')))
    .filter(({ id, kind }) => {
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      return id === start || count < MOST_OF_A_KIND;
    });
  const ids = new Set(nodes.map(({ id }) => id));
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 30, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of nodes) graph.setNode(id, { width: WIDE, height: HIGH });
  const edges = reduced(trace.edges.filter(({ from, to }) => ids.has(from) && ids.has(to)));
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const size = graph.graph();
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    left: trace.nodes.length - nodes.length,
    nodes: nodes.map((node) => {
      const { x, y } = graph.node(node.id);
      return { node, x: x - WIDE / 2, y: y - HIGH / 2 };
    }),
    edges: edges.map(({ from, to }) => {
      const points = graph.edge(from, to).points as readonly { readonly x: number; readonly y: number }[];
      return {
        key: `${from} ${to}`,
        path: points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(''),
      };
    }),
  };
}
