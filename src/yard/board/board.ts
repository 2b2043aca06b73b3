import type { BoardCell, BoardRow, BoardState } from '../../contract/yard.ts';
import { BOARD_STATES } from '../../contract/yard.ts';
import { healthFrom } from '../../environments/incident.ts';
import type {
  BoardEnvironment,
  BoardRows,
  DriftRow,
  IncidentRow,
  LastDeploymentRow,
  NewestReleaseRow,
  OpenDeploymentRow,
  RunningRow,
  ServiceRow,
} from './board-rows.ts';
import { driftOf } from './drift.ts';

type Place = { service: string; environment: string };
const at = ({ service, environment }: Place): string => `${service} ${environment}`;

/** The rows of the board: services by name, each with a cell for every environment, in their order. */
export function boardOf(rows: BoardRows): BoardRow[] {
  const running = new Map(rows.running.map((one) => [at(one), one]));
  const last = new Map(rows.last.map((one) => [at(one), one]));
  const drift = new Map(rows.drift.map((one) => [at(one), one]));
  const runs = new Map(rows.runs.map((one) => [one.service, one]));
  const newest = new Map(rows.newest.map((one) => [one.service, one]));
  const open = Map.groupBy(rows.open, at);
  const incidents = Map.groupBy(rows.incidents, (one) => one.service);
  const debts = Map.groupBy(rows.debts, (one) => one.teamId);
  return rows.services.map((service) => {
    const versions = new Versions();
    const hurt = incidents.get(service.id) ?? [];
    const cells = rows.environments.map((environment) => {
      const place = `${service.id} ${environment.id}`;
      return cellOf(versions, environment, {
        running: running.get(place) ?? null,
        open: open.get(place) ?? [],
        last: last.get(place) ?? null,
        drift: drift.get(place) ?? null,
        newest: newest.get(service.id) ?? null,
        hurt,
      });
    });
    const run = runs.get(service.id);
    return {
      service: service.name,
      team: service.team,
      tier: service.tier,
      observeOnly: service.observeOnly,
      run: run === undefined ? null : { id: run.id, state: run.state, at: run.at },
      incidents: hurt.map((one) => one.id),
      debts: owed(service, debts.get(service.teamId) ?? []),
      versions: versions.all as BoardRow['versions'],
      cells,
    };
  });
}

/** The releases that a row speaks of, each once. */
class Versions {
  readonly all: { release: string; version: string; digest: string | null }[] = [];
  readonly #seen = new Map<string, number>();
  position(release: string, version: string, digest: string | null): number {
    const known = this.#seen.get(release);
    if (known !== undefined) return known;
    this.#seen.set(release, this.all.length);
    return this.all.push({ release, version, digest }) - 1;
  }
}

type Known = {
  readonly running: RunningRow | null;
  readonly open: readonly OpenDeploymentRow[];
  readonly last: LastDeploymentRow | null;
  readonly drift: DriftRow | null;
  readonly newest: NewestReleaseRow | null;
  readonly hurt: readonly IncidentRow[];
};

function cellOf(versions: Versions, environment: BoardEnvironment, known: Known): BoardCell | null {
  const { running, open, last, drift, newest, hurt } = known;
  const cell: BoardCell = {};
  if (running !== null) {
    cell.is = versions.position(running.release, running.version, running.digest);
    cell.since = running.since;
    cell.deployment = running.deployment;
    cell.verified = verifiedOf(running);
  }
  const here = hurt.filter((one) => one.environment === environment.id || one.environment === null);
  const { state } = healthFrom(here, running !== null);
  // An incident of no one environment says nothing about a place where nothing runs.
  if ((state === 'down' || state === 'degraded') && (running !== null || here.some((one) => one.environment !== null))) cell.health = state;
  const moving = movingOf(versions, open);
  if (moving !== null) cell.moving = moving;
  const failed = last !== null && ['failed', 'rolled-back'].includes(last.state) && moving === null ? last : null;
  if (failed !== null)
    cell.failed = {
      deployment: failed.id as `dep_${string}`,
      is: versions.position(failed.release, failed.version, failed.digest),
      state: failed.state,
      at: failed.at,
    };
  if (drift !== null && open.every((one) => !one.holds)) cell.drift = driftOf(drift);
  const lacks = newest !== null && newest.targets.includes(environment.name) && newest.release !== running?.release;
  if (lacks && open.every((one) => one.release !== newest.release))
    cell.pending = versions.position(newest.release, newest.version, newest.digest);
  return Object.keys(cell).length === 0 ? null : cell;
}

/** What the last words of the checks say together: one that is revoked or failed outweighs those that passed. */
function verifiedOf({ passed, failed, revoked }: RunningRow): NonNullable<BoardCell['verified']> {
  if (revoked === true) return 'revoked';
  if (failed === true) return 'failed';
  return passed === true ? 'verified' : 'unverified';
}

/** The deployment that has the place, or else the first in line. */
function movingOf(versions: Versions, open: readonly OpenDeploymentRow[]): BoardCell['moving'] | null {
  const first = open.find((one) => one.holds) ?? open[0];
  if (first === undefined) return null;
  return {
    deployment: first.id as `dep_${string}`,
    is: versions.position(first.release, first.version, first.digest),
    kind: first.kind,
    state: first.state,
    weight: weightOf(first),
    earliest: first.earliest,
    behind: open.length - 1,
  };
}

/** Percent of the traffic on what is coming, as far as its last finished step says; null while it takes nothing or all. */
export function weightOf({
  plan,
  step,
  goingBack,
  holds,
}: Pick<OpenDeploymentRow, 'plan' | 'step' | 'goingBack' | 'holds'>): number | null {
  if (goingBack || !holds) return null;
  const done = plan.slice(0, step).findLast((one) => one.kind === 'weigh');
  return done?.kind === 'weigh' && done.wave !== null ? done.weights.candidate : null;
}

function owed(service: ServiceRow, team: readonly { readonly service: string | null; readonly due: string }[]): BoardRow['debts'] {
  const mine = team.filter((one) => one.service === null || one.service === service.id).map((one) => one.due);
  const due = mine.toSorted()[0];
  return due === undefined ? null : { count: mine.length, due };
}

const MATCHES: Readonly<Record<BoardState, (row: BoardRow) => boolean>> = {
  moving: some((cell) => cell.moving !== undefined && !['requested', 'waiting'].includes(cell.moving.state)),
  waiting: some((cell) => cell.moving !== undefined && ['requested', 'waiting'].includes(cell.moving.state)),
  failed: some((cell) => cell.failed !== undefined),
  drift: some((cell) => cell.drift !== undefined),
  incident: (row) => row.incidents.length > 0,
  unverified: some((cell) => cell.verified !== undefined && cell.verified !== 'verified'),
  pending: some((cell) => cell.pending !== undefined),
  building: (row) => row.run !== null && ['queued', 'running', 'cancelling'].includes(row.run.state),
  'build-failed': (row) => row.run?.state === 'failed',
  debt: (row) => row.debts !== null,
};

function some(is: (cell: BoardCell) => boolean): (row: BoardRow) => boolean {
  return (row) => row.cells.some((cell) => cell !== null && is(cell));
}

/** Whether a row is in a state that the board is filtered by. */
export function matches(row: BoardRow, state: BoardState): boolean {
  return MATCHES[state](row);
}

/** How many rows are in each state. */
export function countsOf(rows: readonly BoardRow[]): Record<BoardState, number> {
  return Object.fromEntries(BOARD_STATES.map((state) => [state, rows.filter((row) => matches(row, state)).length])) as Record<
    BoardState,
    number
  >;
}
