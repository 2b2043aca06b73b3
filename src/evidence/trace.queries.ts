import type { Row, Tx } from '../platform/floor.ts';
import { factsOfStory, kindOfQuestion, step, type Direction, type GraphEdge, type GraphNode, type Mention } from './graph.ts';

/** A walk stops growing here: a commit that is in everything must not drag everything along. */
const MOST_NODES = 1000;
const MOST_MENTIONS = 50_000;

export type TracedNode = GraphNode & { readonly direction: 'start' | Direction };
export type Trace = { readonly nodes: readonly TracedNode[]; readonly edges: readonly GraphEdge[]; readonly cut: boolean };

/** Walks the graph from `start` back to the commits and forward to the incidents. null where no fact names it. */
export async function traceFrom(tx: Tx, start: string): Promise<Trace | null> {
  const kind = kindOfQuestion(start);
  const known = await tx.maybe('select 1 as one from fact_mention where node = $1 limit 1', [start]);
  if (kind === null || known === null) return null;
  if (kind === 'bytes' && !(await artifactsAmong(tx, [start]))(start)) return null;
  const first: GraphNode = { id: start, kind };
  const back = await walk(tx, first, 'back');
  const forward = await walk(tx, first, 'forward');
  return {
    nodes: [{ ...first, direction: 'start' }, ...back.nodes, ...forward.nodes],
    edges: [...back.edges, ...forward.edges],
    cut: back.cut || forward.cut,
  };
}

async function walk(tx: Tx, start: GraphNode, direction: Direction): Promise<Trace> {
  const seen = new Map<string, TracedNode>();
  const edges: GraphEdge[] = [];
  let frontier: GraphNode[] = [start];
  while (frontier.length > 0 && seen.size < MOST_NODES) {
    const mentions = await mentionsAround(
      tx,
      frontier.map(({ id }) => id),
    );
    const found = step(
      frontier,
      mentions,
      direction,
      await artifactsAmong(
        tx,
        mentions.map(({ node }) => node),
      ),
    );
    edges.push(...found.edges);
    frontier = found.nodes.filter(({ id }) => !seen.has(id)).slice(0, MOST_NODES - seen.size);
    for (const node of frontier) seen.set(node.id, { ...node, direction });
  }
  return {
    nodes: [...seen.values()],
    edges: edges.filter(({ from, to }) => [from, to].every((id) => id === start.id || seen.has(id))),
    cut: frontier.length > 0,
  };
}

/** Rows of the facts that tell the story of these nodes and of no other release. */
export async function storyFacts(tx: Tx, nodes: readonly string[]): Promise<number[]> {
  const mentions = await mentionsAround(tx, nodes);
  return factsOfStory(
    new Set(nodes),
    mentions,
    await artifactsAmong(
      tx,
      mentions.map(({ node }) => node),
    ),
  );
}

/** Everything that is named in the facts that name one of these nodes. */
async function mentionsAround(tx: Tx, nodes: readonly string[]): Promise<Mention[]> {
  return tx.query<Mention & Row>(
    `select m.node, m.role, m.fact_row as fact from fact_mention m
     where m.fact_row in (select fact_row from fact_mention where node = any($1::text[]))
     order by m.fact_row limit $2`,
    [nodes, MOST_MENTIONS],
  );
}

/** A digest is an artifact where a fact said that it was published; any other digest is only a number. */
async function artifactsAmong(tx: Tx, nodes: readonly string[]): Promise<(digest: string) => boolean> {
  const digests = [...new Set(nodes.filter((node) => node.startsWith('sha256:')))];
  const rows = await tx.query<{ node: string }>(
    `select distinct m.node from fact_mention m join fact f on f.id = m.fact_row
     where m.node = any($1::text[]) and f.type = 'artifact.published' and m.role in ('subject', 'digest', 'artifact')`,
    [digests],
  );
  const artifacts = new Set(rows.map(({ node }) => node));
  return (digest) => artifacts.has(digest);
}
