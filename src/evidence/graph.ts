/**
 * The traceability graph: commit -> run -> artifact -> its bytes -> release -> approval -> deployment -> incident. Its nodes are the
 * ids that facts name, its edges are the facts. This file says what counts as a node and which way is forward; it
 * knows no fact type, so a new kind of fact joins the graph by naming what it is about.
 */
export const KINDS = [
  'commit',
  'run',
  'job',
  'report',
  'artifact',
  'bytes',
  'release',
  'change',
  'approval',
  'decision',
  'waiver',
  'deployment',
  'verification',
  'incident',
] as const;
export type NodeKind = (typeof KINDS)[number];

/** One place where a fact names something; `role` is the path in its body, `previous.release`, or `subject`. */
export type Mention = { readonly node: string; readonly role: string; readonly fact: number };

const BY_PREFIX: ReadonlyMap<string, NodeKind> = new Map([
  ['run', 'run'],
  ['job', 'job'],
  ['rep', 'report'],
  ['art', 'artifact'],
  ['rel', 'release'],
  ['chg', 'change'],
  ['apr', 'approval'],
  ['dec', 'decision'],
  ['wvr', 'waiver'],
  ['dep', 'deployment'],
  ['ver', 'verification'],
  ['inc', 'incident'],
]);

/** How far along the road each kind is. Nodes of one level are never neighbours, so a walk ends. */
const LEVEL: Readonly<Record<NodeKind, number>> = {
  commit: 0,
  run: 1,
  job: 2,
  report: 3,
  artifact: 3,
  bytes: 4,
  release: 5,
  change: 6,
  approval: 6,
  decision: 6,
  waiver: 6,
  deployment: 7,
  verification: 8,
  incident: 9,
};

/** What a fact says of before: a deployment names the release it replaced, which is another story. */
const ANOTHER_STORY = /(?:^|\.)(?:previous|replaced|superseded|before|baseline|back|rollback|from|parents?)/i;
const COMMIT_ROLE = /(?:^|\.)(?:subject|commits?|head|after|to|tip)$/i;
const DIGEST_ROLE = /(?:^|\.)(?:subject|digests?|artifacts?|yields?|took)$/i;

/** The kind of node that a mention is; null where it is no station of the road (a person, a service, another digest, the past). */
export function kindOf(node: string, role: string): NodeKind | null {
  if (ANOTHER_STORY.test(role)) return null;
  if (node.startsWith('sha256:')) return DIGEST_ROLE.test(role) ? 'bytes' : null;
  if (/^[0-9a-f]+$/.test(node)) return COMMIT_ROLE.test(role) ? 'commit' : null;
  return BY_PREFIX.get(node.slice(0, node.indexOf('_'))) ?? null;
}

/** The kind that a node has by its form alone: for what a person asks about. */
export function kindOfQuestion(node: string): NodeKind | null {
  return kindOf(node, 'subject');
}

export type Direction = 'back' | 'forward';

/** Whether a walk in `direction` may go from one kind to the other. */
export function leads(from: NodeKind, to: NodeKind, direction: Direction): boolean {
  return direction === 'forward' ? LEVEL[to] > LEVEL[from] : LEVEL[to] < LEVEL[from];
}

/** Kinds from `release` on belong to one release's story; a commit or an artifact may be part of several. */
export function isStoryKind(kind: NodeKind): boolean {
  return LEVEL[kind] >= LEVEL.release;
}

export type GraphNode = { readonly id: string; readonly kind: NodeKind };
export type GraphEdge = { readonly from: string; readonly to: string; readonly fact: number };

/**
 * One step of a walk: from the nodes of `frontier`, along the facts that name them, to the nodes that lie in
 * `direction`. `isArtifact` says which digests are artifacts; any other digest is only a number.
 */
export function step(
  frontier: readonly GraphNode[],
  mentions: readonly Mention[],
  direction: Direction,
  isArtifact: (digest: string) => boolean,
): { readonly nodes: GraphNode[]; readonly edges: GraphEdge[] } {
  const start = new Map(frontier.map((node) => [node.id, node.kind]));
  const nodes = new Map<string, GraphNode>();
  const edges: GraphEdge[] = [];
  for (const inFact of byFact(mentions).values()) {
    const stations = stationsOf(inFact, isArtifact);
    for (const station of stations) {
      const kind = start.get(station.id);
      if (kind === undefined) continue;
      for (const other of stations) {
        if (!leads(kind, other.kind, direction)) continue;
        nodes.set(other.id, other);
        const [from, to] = direction === 'forward' ? [station.id, other.id] : [other.id, station.id];
        edges.push({ from, to, fact: inFact[0]?.fact ?? 0 });
      }
    }
  }
  return { nodes: [...nodes.values()], edges };
}

/** The facts that belong to the story told by `nodes`: they name one of them, and no station of another release's story. */
export function factsOfStory(nodes: ReadonlySet<string>, mentions: readonly Mention[], isArtifact: (digest: string) => boolean): number[] {
  const facts: number[] = [];
  for (const [fact, inFact] of byFact(mentions)) {
    const stations = stationsOf(inFact, isArtifact);
    const strange = stations.some((station) => isStoryKind(station.kind) && !nodes.has(station.id));
    if (!strange && stations.some((station) => nodes.has(station.id))) facts.push(fact);
  }
  return facts.sort((a, b) => a - b);
}

function stationsOf(mentions: readonly Mention[], isArtifact: (digest: string) => boolean): GraphNode[] {
  const stations = new Map<string, GraphNode>();
  for (const { node, role } of mentions) {
    const kind = kindOf(node, role);
    if (kind === null || (node.startsWith('sha256:') && !isArtifact(node))) continue;
    stations.set(node, { id: node, kind });
  }
  return [...stations.values()];
}

function byFact(mentions: readonly Mention[]): Map<number, Mention[]> {
  const facts = new Map<number, Mention[]>();
  for (const mention of mentions) facts.set(mention.fact, [...(facts.get(mention.fact) ?? []), mention]);
  return facts;
}
