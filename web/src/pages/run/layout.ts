import { Graph, layout } from '@dagrejs/dagre';
import { SIZE, type Box, type Layout } from './groups.ts';

/** Boxes with care: few crossings, everything behind what it needs. Loaded when a graph is first shown. */
export function layered(boxes: readonly Box<unknown>[]): Layout {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: SIZE.apartY, ranksep: SIZE.apartX });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of boxes) graph.setNode(key, { width: SIZE.width, height: SIZE.height });
  for (const { key, needs } of boxes) for (const need of needs) graph.setEdge(need, key);
  layout(graph);
  const placed = boxes.map(({ key }) => {
    const { x, y } = graph.node(key) as { x: number; y: number };
    return { key, x: x - SIZE.width / 2, y: y - SIZE.height / 2 };
  });
  const width = Math.max(0, ...placed.map(({ x }) => x)) + SIZE.width;
  return { placed, width, height: Math.max(0, ...placed.map(({ y }) => y)) + SIZE.height };
}
