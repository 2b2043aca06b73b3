import { serviceById, serviceByName } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/releases.ts';
import type { Tx } from '../platform/floor.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount } from '../platform/http/handler.ts';
import { decodeCursor, pageOf } from '../changes/page.ts';
import { backtestRoutes } from './backtest.routes.ts';
import { castVoteRoute, withdrawVoteRoute } from './approvals.routes.ts';
import { endHold, holdRelease } from './hold.commands.ts';
import type { HistoryPort } from './history.port.ts';
import { explain } from './answers.api.ts';
import { look } from './may-ship.api.ts';
import { breakGlass, tickChecklist } from './readiness.commands.ts';
import { nextVersionView } from './next-version.ts';
import { abandonRelease, createRelease, previewRelease } from './release.commands.ts';
import { noSuchDecision, noSuchRelease, unknownService } from './releases.problems.ts';
import { decisionById, decisionsOf, listReleaseRows, releaseById, type DecisionRow, type ReleaseRow } from './releases.queries.ts';
import { decisionView, mayShipView, placeOf, releaseView, targetViews, voteViews } from './releases.views.ts';
import { replay } from './replay.api.ts';

/** The routes of releases, votes and decisions; those of the calendar are in calendar/ */
export function releasesRoutes(ports: { readonly history: HistoryPort }): readonly Mounted[] {
  return [...releaseRoutes(ports), ...targetRoutes, ...decisionRoutes, ...backtestRoutes, castVoteRoute, withdrawVoteRoute];
}

const releaseRoutes = (ports: { readonly history: HistoryPort }): readonly Mounted[] => [
  mount(contract.createRelease, async ({ tx, actor, body }) => {
    const service = await serviceByName(tx, body.service);
    if (service === null) throw unknownService({ service: body.service });
    const { type, plan, schemaChange } = body;
    const asked = {
      service,
      run: body.run ?? null,
      commit: body.commit ?? null,
      type,
      version: body.version ?? null,
      plan,
      targets: body.targets ?? null,
      schemaChange,
    };
    return releaseView(tx, await createRelease(tx, actor, asked, ports));
  }),
  mount(contract.nextRelease, async ({ tx, params, query }) => {
    const service = await serviceByName(tx, params.service);
    if (service === null) throw unknownService({ service: params.service });
    const asked = { service, run: query.run ?? null, commit: query.commit ?? null, type: query.type };
    return nextVersionView(service.name, await previewRelease(tx, asked, ports));
  }),
  mount(contract.listReleases, async ({ tx, query, visible }) => {
    const service = query.service === undefined ? null : await serviceByName(tx, query.service);
    if (query.service !== undefined && service === null) return { items: [], next: null };
    const { version, commit, cursor, limit } = query;
    const filter = {
      services: await visible(),
      serviceId: service?.id ?? null,
      version: version ?? null,
      commit: commit ?? null,
      after: decodeCursor(cursor),
      limit: limit + 1,
    };
    const { rows, next } = pageOf(await listReleaseRows(tx, filter), limit, (row) => [row.createdAt, row.id]);
    const items = [];
    for (const row of rows) items.push(await releaseView(tx, row));
    return { items, next };
  }),
  mount(contract.getRelease, async ({ tx, params }) => {
    const row = await release(tx, params.release);
    const environments = await targetViews(tx, row);
    const votes = await voteViews(tx, row, new Map(environments.map((one) => [one.environment, one.intent])));
    return { ...(await releaseView(tx, row)), notes: row.notes, environments, votes };
  }),
  mount(contract.holdRelease, async ({ tx, actor, params, body }) =>
    releaseView(tx, await holdRelease(tx, actor, params.release, body.reason, body.version ?? null)),
  ),
  mount(contract.resumeRelease, async ({ tx, actor, params, body }) =>
    releaseView(tx, await endHold(tx, actor, params.release, body.reason, body.version ?? null)),
  ),
  mount(contract.abandonRelease, async ({ tx, actor, params, body }) =>
    releaseView(tx, await abandonRelease(tx, actor, params.release, body.reason, body.version ?? null)),
  ),
];

const targetRoutes: readonly Mounted[] = [
  mount(contract.mayShipRelease, async ({ tx, params, query }) => {
    const place = await placeOf(tx, await release(tx, params.release), query.environment);
    const { environment } = place;
    const { loaded, answer } = await look(tx, { releaseId: place.release.id, environmentId: environment.id, purpose: query.purpose });
    const explained = await explain(tx, answer, loaded, place, query.purpose);
    const { release: id, purpose } = loaded.subject;
    return mayShipView({ ...answer, decision: null, release: id, environment: environment.name, purpose }, explained);
  }),
  mount(contract.tickChecklist, async ({ tx, actor, params, body }) =>
    tickChecklist(tx, actor, await placeOf(tx, await release(tx, params.release), body.environment), body, body.version ?? null),
  ),
  mount(contract.breakGlass, async ({ tx, actor, params, body }) => {
    const { reason, ticket } = body;
    const place = await placeOf(tx, await release(tx, params.release), body.environment);
    const row = await breakGlass(tx, actor, place, { reason, ticket }, body.intent ?? null);
    const { id, persons, personsNeeded, activeUntil, debtId } = row;
    return {
      id,
      state: activeUntil === null ? ('pending' as const) : ('active' as const),
      persons: [...persons],
      personsNeeded,
      until: activeUntil,
      debt: debtId,
    };
  }),
];

const decisionRoutes: readonly Mounted[] = [
  mount(contract.getDecision, async ({ tx, params, visible }) => decisionView(tx, await decision(tx, params.decision, await visible()))),
  mount(contract.listDecisions, async ({ tx, params, query }) => {
    const row = await release(tx, params.release);
    const { rows, next } = pageOf(await decisionsOf(tx, row.id, decodeCursor(query.cursor), query.limit + 1), query.limit, (one) => [
      one.at,
      one.id,
    ]);
    const items = [];
    for (const one of rows) items.push(await decisionView(tx, one));
    return { items, next };
  }),
  mount(contract.replayDecision, async ({ tx, params, visible }) => {
    const row = await decision(tx, params.decision, await visible());
    const { derived, differences } = await replay(tx, row);
    return {
      same: differences.length === 0,
      recorded: row.answer.digest,
      derived: derived.digest,
      verdict: derived.verdict,
      differences: [...differences],
    };
  }),
];

async function release(tx: Tx, id: string): Promise<ReleaseRow> {
  const row = await releaseById(tx, id);
  if (row === null) throw noSuchRelease({ release: id });
  return row;
}

/** A decision about a service that the caller may see; any other is as if it were not there. */
async function decision(tx: Tx, id: string, visible: 'all' | ReadonlySet<string>): Promise<DecisionRow> {
  const row = await decisionById(tx, id);
  if (row === null || (visible !== 'all' && !visible.has(row.serviceId))) throw noSuchDecision({ decision: id });
  return row;
}

/** What a release named in a request is about, for the one authorisation point. */
export async function releaseResolver(tx: Tx, id: string): Promise<{ service: string; team: string }> {
  const row = await release(tx, id);
  const service = await serviceById(tx, row.serviceId);
  if (service === null) throw noSuchRelease({ release: id });
  return { service: service.name, team: service.team };
}
