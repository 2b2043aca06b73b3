import * as contract from '../contract/evidence.ts';
import { serviceByName } from '../catalog/catalog.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { evidenceKeys } from '../platform/keys/signing.commands.ts';
import { anchorCheckpoints, consistencyProofs, inclusionProofs, latestCheckpoint } from '../platform/ledger/ledger.queries.ts';
import { notInLedger } from '../platform/ledger/ledger.problems.ts';
import type { SignedCheckpoint } from '../platform/ledger/ledger.store.ts';
import { ANCHOR_DAYS, makeBundle } from './bundle.api.ts';
import { badCursor, noCheckpoint, noSuchFact, noSuchNode } from './evidence.problems.ts';
import { factsByRow, leafOf, searchFacts, type PlacedFact, type Visible } from './facts.queries.ts';
import { meansOf } from './kinds.ts';
import { labelsOf } from './labels.queries.ts';
import { searchRoutes } from './search.routes.ts';
import { traceFrom } from './trace.queries.ts';

/** The HTTP doors of evidence: all of them read. */
export const evidenceRoutes: readonly Mounted[] = [
  mount(contract.listFacts, async ({ tx, query, visible }) => {
    const { service: name, cursor, limit, ...filter } = query;
    const before = cursor === undefined ? null : readCursor(cursor);
    const service = name === undefined ? null : ((await serviceByName(tx, name))?.id ?? 'none');
    const facts = await searchFacts(tx, { ...filter, service, before, limit: limit + 1 }, await visible());
    const page = facts.slice(0, limit);
    return { items: await shown(tx, page), next: facts.length > limit ? writeCursor(page.at(-1)?.row ?? 0) : null };
  }),
  mount(contract.traceFrom, async ({ tx, params, visible }) => showTrace(tx, params.node, await visible())),
  mount(contract.getCheckpoint, async ({ tx }) => shownCheckpoint(await newest(tx))),
  mount(contract.proveInclusion, async ({ tx, query }) => {
    const found = await leafOf(tx, query.fact);
    if (found === null) throw noSuchFact({ fact: query.fact });
    const { position, leaf } = found;
    const checkpoint = await newest(tx);
    const size = query.size ?? checkpoint.size;
    if (position === null || position >= checkpoint.size) throw notInLedger({ facts: 1 });
    const [proof = []] = await inclusionProofs(tx, [position], size);
    const text = Buffer.from(leaf).toString('utf8');
    return {
      fact: query.fact,
      position,
      size,
      leaf: text,
      proof: proof.map(base64),
      checkpoint: size === checkpoint.size ? shownCheckpoint(checkpoint) : null,
    };
  }),
  mount(contract.proveConsistency, async ({ tx, query }) => {
    const to = query.to ?? (await newest(tx)).size;
    const [proof = []] = await consistencyProofs(tx, [query.from], to);
    return { from: query.from, to, proof: proof.map(base64) };
  }),
  mount(contract.getBundle, async ({ floor, actor, params, query }) => ({
    stream: await makeBundle(floor, actor.org, params.release, query.since?.split(',').map(Number) ?? []),
    fileName: `${params.release}.bundle.json`,
  })),
  mount(contract.getTrust, async ({ tx }) => ({
    keys: [...(await evidenceKeys(tx))],
    checkpoints: (await anchorCheckpoints(tx, ANCHOR_DAYS)).map(({ note }) => note),
  })),
  ...searchRoutes,
];

async function newest(tx: Tx): Promise<SignedCheckpoint> {
  const checkpoint = await latestCheckpoint(tx);
  if (checkpoint === null) throw noCheckpoint({});
  return checkpoint;
}

function shownCheckpoint({ origin, size, root, note, at }: SignedCheckpoint) {
  return { origin, size, root: base64(root), note, at };
}

type Shown = Omit<PlacedFact, 'row'> & { means: string; actorName: string | null; label: string | null; serviceName: string | null };

/** Facts without their row numbers, which are of this database alone, in words and with names. */
async function shown(tx: Tx, facts: readonly PlacedFact[]): Promise<Shown[]> {
  const ids = facts.flatMap(({ actor, subject, service }) => [idOfLabel(actor), subject, ...(service === null ? [] : [service])]);
  const labels = await labelsOf(tx, [...new Set(ids)]);
  const nameOf = (id: string | null): string | null => (id === null ? null : (labels.get(id)?.label ?? null));
  return facts.map(({ row: _row, ...fact }) => ({
    ...fact,
    means: meansOf(fact.type),
    actorName: nameOf(idOfLabel(fact.actor)),
    label: nameOf(fact.subject),
    serviceName: nameOf(fact.service),
  }));
}

function idOfLabel(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1);
}

/** A trace as far as the asker sees it: edges stay where at least one of their facts may be seen. */
async function showTrace(tx: Tx, node: string, visible: Visible) {
  const trace = await traceFrom(tx, node);
  if (trace === null) throw noSuchNode({ node });
  const facts = await factsByRow(tx, [...new Set(trace.edges.map(({ fact }) => fact))], visible);
  const idOf = new Map(facts.map(({ row, id }) => [row, id]));
  const edges = new Map<string, { from: string; to: string; facts: string[] }>();
  for (const { from, to, fact } of trace.edges) {
    const id = idOf.get(fact);
    if (id === undefined) continue;
    const edge = edges.get(`${from} ${to}`) ?? { from, to, facts: [] };
    if (!edge.facts.includes(id)) edge.facts.push(id);
    edges.set(`${from} ${to}`, edge);
  }
  const seen = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  // A start that the asker may not see is, to him, not there.
  if (!seen.has(node) && visible !== 'all') throw noSuchNode({ node });
  const nodes = trace.nodes.filter(({ id }) => id === node || seen.has(id));
  const labels = await labelsOf(
    tx,
    nodes.map(({ id }) => id),
  );
  const factsAbout = (id: string): string[] => facts.filter(({ subject }) => subject === id).map((fact) => fact.id);
  return {
    from: node,
    nodes: nodes.map(({ id, kind, direction }) => ({
      id,
      kind,
      direction,
      facts: factsAbout(id),
      label: labels.get(id)?.label ?? null,
      at: labels.get(id)?.at ?? null,
    })),
    edges: [...edges.values()],
    facts: await shown(tx, facts),
    cut: trace.cut,
  };
}

function writeCursor(row: number): string {
  return Buffer.from(`f${row}`).toString('base64url');
}

function readCursor(cursor: string): number {
  const [, row] = /^f(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (row === undefined) throw badCursor({}, 'query.cursor');
  return Number(row);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
