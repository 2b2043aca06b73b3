import type { Environment } from '../../catalog/environment.ts';
import type { Service } from '../../catalog/service.ts';
import type { Collisions } from '../../contract/freezes.ts';
import type { Instant } from '../../kernel/time.ts';
import { calendarAnswer } from '../../releases/calendar/answer.ts';
import { edgesOf } from '../../releases/calendar/edges.ts';
import { inScope, type CalendarSubject, type Freeze } from '../../releases/calendar/freeze.ts';
import { spansBetween } from '../../releases/calendar/recurrence.ts';
import { RELEASE_TYPES, type ReleaseType } from '../../releases/plan.ts';
import { scopeWords } from './occurrences.ts';

/** A release towards an environment where it does not run yet. */
export type Planned = {
  readonly release: string;
  readonly service: string;
  readonly version: string;
  readonly type: ReleaseType;
  readonly environment: string;
  readonly state: Collisions['releases'][number]['state'];
};

export type CollisionInput = {
  readonly freeze: Freeze;
  readonly services: readonly Service[];
  readonly environments: readonly Environment[];
  readonly planned: readonly Planned[];
  /** What else the calendar holds, without the one that is changed. */
  readonly others: readonly Freeze[];
};

const MOST = { windows: 10, releases: 200, places: 500, overlaps: 50 };
const AHEAD = 400 * 86_400_000;
const ORDER = ['in-flight', 'approved', 'planned'];

/**
 * What a freeze (or, outside of itself, an allow window) would hold, by the rule that decides it: the answer of the
 * calendar to each release and place, were this freeze alone there, at the first instant at which it stands.
 */
export function collisions(input: CollisionInput, now: Instant): Collisions {
  const { freeze, services, environments, planned } = input;
  const at = holdsAt(freeze, now);
  const subjectOf = (service: Service, environment: Environment, releaseType: ReleaseType): CalendarSubject => ({
    tier: service.tier,
    team: service.team,
    service: service.name,
    environment: environment.name,
    kind: environment.kind,
    releaseType,
    purpose: 'deploy',
  });
  const ask = (subject: CalendarSubject) => (at === null ? null : calendarAnswer({ subject, freezes: [freeze], overrides: [] }, at));
  const byName = {
    service: new Map(services.map((one) => [one.name, one])),
    environment: new Map(environments.map((one) => [one.name, one])),
  };
  const releases = planned.flatMap(({ type, ...one }) => {
    const [service, environment] = [byName.service.get(one.service), byName.environment.get(one.environment)];
    if (service === undefined || environment === undefined) return [];
    const answer = ask(subjectOf(service, environment, type));
    return answer === null || answer.verdict === 'allow'
      ? []
      : [{ ...one, release: one.release as Collisions['releases'][number]['release'], until: answer.earliest }];
  });
  releases.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const bound = RELEASE_TYPES.filter((type) => !freeze.exempt.includes(type));
  const places = services.flatMap((service) =>
    environments
      .filter((environment) => at !== null && bound.some((type) => inScope(freeze.scope, subjectOf(service, environment, type))))
      .map((environment) => ({ service: service.name, environment: environment.name })),
  );
  const windows = windowsOf(freeze, now);
  const overlaps = input.others.flatMap((other) => overlap(freeze, other, places, byName, now));
  const counts = {
    releases: releases.length,
    places: places.length,
    services: new Set(places.map((one) => one.service)).size,
    environments: new Set(places.map((one) => one.environment)).size,
  };
  return {
    windows: windows.slice(0, MOST.windows),
    releases: releases.slice(0, MOST.releases),
    places: places.slice(0, MOST.places),
    counts,
    overlaps: overlaps.slice(0, MOST.overlaps),
    words: words(freeze, windows, releases, counts, overlaps.length),
  };
}

/** The first instant from `now` on at which it holds something back; null: it never does. */
function holdsAt(freeze: Freeze, now: Instant): Instant | null {
  const edges = edgesOf(freeze.when, now);
  if (freeze.kind === 'deny') return edges.active ? now : edges.next;
  return edges.active ? edges.until : now;
}

function windowsOf({ when }: Freeze, now: Instant): Collisions['windows'] {
  const at = Date.parse(now);
  return spansBetween(when, at, at + AHEAD)
    .slice(0, 200)
    .map((span) => ({ from: new Date(span.from).toISOString(), until: span.until === null ? null : new Date(span.until).toISOString() }));
}

type ByName = { readonly service: ReadonlyMap<string, Service>; readonly environment: ReadonlyMap<string, Environment> };

/** Where another freeze or window is open at the same time for one of the same places. */
function overlap(freeze: Freeze, other: Freeze, places: Collisions['places'], byName: ByName, now: Instant): Collisions['overlaps'] {
  if (other.endedAt !== null && other.endedAt <= now) return [];
  const shared = places.some((place) => {
    const [service, environment] = [byName.service.get(place.service), byName.environment.get(place.environment)];
    if (service === undefined || environment === undefined) return false;
    const { tier, team, name } = service;
    return inScope(other.scope, {
      tier,
      team,
      service: name,
      environment: environment.name,
      kind: environment.kind,
      releaseType: 'standard',
      purpose: 'deploy',
    });
  });
  if (!shared) return [];
  const mine = windowsOf(freeze, now);
  try {
    const theirs = windowsOf(other, now);
    const met = theirs.find((one) =>
      mine.some((two) => (two.until === null || one.from < two.until) && (one.until === null || two.from < one.until)),
    );
    return met === undefined
      ? []
      : [{ freeze: other.id as Collisions['overlaps'][number]['freeze'], kind: other.kind, reason: other.reason, ...met }];
  } catch {
    return [];
  }
}

function words(
  freeze: Freeze,
  windows: Collisions['windows'],
  releases: Collisions['releases'],
  counts: Collisions['counts'],
  overlaps: number,
): string[] {
  const some = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  if (windows.length === 0) return ['It never happens from now on.'];
  const flying = releases.filter((one) => one.state === 'in-flight').length;
  const running = { finish: 'go on to their end', 'finish-wave': 'finish their wave and then wait', pause: 'stop where they are' }[
    freeze.onRunning
  ];
  const what = freeze.kind === 'deny' ? 'Nothing may begin' : 'Outside of these windows nothing may begin';
  return [
    `${what} for ${scopeWords(freeze.scope)}: ${some(counts.services, 'service')} in ${some(counts.environments, 'environment')}.`,
    counts.releases === 0
      ? 'It holds no release that is planned now.'
      : `It holds ${some(counts.releases, 'release')} that ${counts.releases === 1 ? 'is' : 'are'} planned, approved or under way.`,
    ...(flying > 0 ? [`${some(flying, 'deployment')} under way ${running}.`] : []),
    ...(freeze.exempt.length > 0
      ? [`Releases of type ${freeze.exempt.join(' and ')} pass, and going back always does.`]
      : ['Going back always passes.']),
    ...(overlaps > 0 ? [`${overlaps === 1 ? 'Another freeze or window meets it' : `${overlaps} other freezes and windows meet it`}.`] : []),
  ];
}
