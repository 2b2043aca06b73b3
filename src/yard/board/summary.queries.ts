import type { Environment } from '../../catalog/environment.ts';
import type { Board } from '../../contract/yard.ts';
import { FIRST_STEPS, type FirstStep } from '../../contract/yard.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Row, Tx } from '../../platform/floor.ts';
import { edgesOf } from '../../releases/calendar/edges.ts';
import { freezesOf } from '../../releases/calendar/freezes.queries.ts';

/** An agent that was not heard of for this long is not alive: it asks for work every few seconds. */
export const SILENCE_MS = 60_000;

/** The environments as the head of the board shows them: with who acts there and whether they are booked as a whole. */
export async function headOf(tx: Tx, environments: readonly Environment[], now: Instant): Promise<Board['environments']> {
  const agents = await tx.query<{ name: string; labels: string[]; seen: string | null }>(
    `select name, labels, last_seen_at as seen from agent where revoked_at is null`,
  );
  const booked = await tx.query<{ id: string; environment: string; owner: string; until: string }>(
    `select booking.id, environment_id as environment, person.name as owner, ends_at as until
     from booking join person on person.id = owner_id
     where ended_at is null and service_id is null and starts_at <= $1 and ends_at > $1`,
    [now],
  );
  const alive = plus(now, -SILENCE_MS);
  return environments.map((environment) => {
    const mine = agents.filter((agent) => agent.name === environment.agent || agent.labels.includes(environment.agent));
    const booking = booked.find((one) => one.environment === environment.id);
    return {
      name: environment.name,
      kind: environment.kind,
      protected: environment.protected,
      agentAlive: mine.length === 0 ? null : mine.some((agent) => agent.seen !== null && agent.seen > alive),
      booked: booking === undefined ? null : { booking: booking.id as `bkg_${string}`, owner: booking.owner, until: booking.until },
    };
  });
}

/** Freezes that stand at `now`, those without a known end first. */
export async function activeFreezes(tx: Tx, now: Instant): Promise<Board['freezes']> {
  const open = (await freezesOf(tx)).flatMap((freeze) => {
    const edges = edgesOf(freeze.when, now);
    return freeze.kind === 'deny' && edges.active ? [{ freeze, until: edges.until }] : [];
  });
  const idOf = (label: string): string => label.slice(label.indexOf(':') + 1);
  const names = await personLabel(
    tx,
    open.map((one) => idOf(one.freeze.createdBy)),
  );
  return open
    .map(({ freeze: { id, scope, reason, ticket, createdBy, createdAt, when, version }, until }) => ({
      id: id as `frz_${string}`,
      scope: { ...scope },
      reason,
      ticket,
      by: names.get(idOf(createdBy)) ?? createdBy,
      since: when.kind === 'once' ? when.from : createdAt,
      until,
      version,
    }))
    .toSorted((a, b) => (a.until ?? '').localeCompare(b.until ?? ''));
}

type Done = Readonly<Record<Exclude<FirstStep, 'sign-in' | 'deployed'>, boolean>> & { readonly runs: readonly string[] };

/** The steps of the road to the first release, each with whether it is done; null once something runs where the road ends. */
export async function firstSteps(tx: Tx, environments: readonly Environment[]): Promise<Board['firstSteps']> {
  const done = await tx.one<Done & Row>(
    `select exists (select from service where removed_at is null) as catalog,
       exists (select from source where checked_at is not null) as repository,
       exists (select from runner where seen_at is not null and revoked_at is null) as runner,
       exists (select from agent where last_seen_at is not null) as agent,
       exists (select from run where state = 'succeeded') as run,
       exists (select from release) as release,
       exists (select from approval where verdict = 'approve') as approval,
       array(select distinct environment_id from running) as runs`,
  );
  const before = new Set(environments.flatMap((environment) => environment.after));
  const ends = environments.filter((environment) => !before.has(environment.name)).map((environment) => environment.id);
  if (ends.some((id) => done.runs.includes(id))) return null;
  const isDone = (step: FirstStep): boolean => step === 'sign-in' || (step !== 'deployed' && done[step]);
  return FIRST_STEPS.map((step) => ({ step, done: isDone(step) }));
}
