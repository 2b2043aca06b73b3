import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { versionFreed, versionGiven, versionReserved } from './artifacts.events.ts';
import { badVersion, nothingToRelease, versionHeld, versionTaken } from './artifacts.problems.ts';
import { givenVersions, insertGiven, lockVersions, saveLanes, standingLanes } from './version.store.ts';
import { readCalendarVersion } from './versions/calendar.ts';
import { holdLanes } from './versions/hold.ts';
import type { Held } from './versions/hold.ts';
import type { NextVersion } from './versions/next.ts';
import { readNext } from './versions/repository.ts';
import type { At, ReadNext, Repository } from './versions/repository.ts';
import { strictVersion, tagFor } from './versions/tags.ts';

export type VersionWanted = {
  readonly serviceId: string;
  readonly name: string;
  /** The service's folder in its repository; `.` for the root. */
  readonly path: string;
  /** What is released, in a repository that can be read. Its settings file says how versions are given (the guide has all of it). */
  readonly at: At;
  /** The branch that the catalog calls the service's own: a trunk, whatever it is called. */
  readonly trunk?: string;
  /** A hotfix or an emergency has a version even where no commit asks for one. */
  readonly kind: 'standard' | 'hotfix' | 'emergency';
  /** A person's own choice; only its form and that it is free are checked. */
  readonly explicit?: string | null;
};

/** `accounts`: every commit with its reason, for the release notes. */
export type GivenVersion = { readonly number: string; readonly tag: string; readonly accounts: NextVersion };

/** What the next version would be, and who holds which number. Nothing is given by it. */
export type VersionPreview = ReadNext & { readonly held: Held };

/** The next version of `wanted`, by the rules of its repository, our own record, and what open branches hold. */
export async function previewVersion(tx: Tx, wanted: VersionWanted): Promise<VersionPreview> {
  const given = await givenVersions(tx, wanted.serviceId);
  const standing = await standingLanes(tx, wanted.serviceId);
  let held: Held = { open: [], own: null, fresh: [], ended: [] };
  const read = await readNext(
    wanted.at,
    {
      path: wanted.path,
      name: wanted.name,
      given,
      now: Date.parse(await tx.now()),
      ...(wanted.trunk === undefined ? {} : { trunk: wanted.trunk }),
      ...(wanted.kind === 'standard' ? {} : { hotfix: true }),
    },
    (repository, open) => {
      const taken = new Set([...given.map((row) => row.number), ...repository.versions.map((one) => one.version)]);
      return (held = holdLanes(open, standing, taken, repository.branch));
    },
  );
  return { ...read, held };
}

/**
 * Gives the commit a version that neither a tag nor a release before has and no other lane holds, and records it; it is
 * never given again. What open hotfix lanes hold is written down with it. Runs in the caller's transaction: where that
 * fails, the number is free again.
 */
export async function reserveVersion(tx: Tx, actor: Actor, wanted: VersionWanted): Promise<GivenVersion> {
  await lockVersions(tx, wanted.serviceId);
  const { repository, answer: accounts, held } = await previewVersion(tx, wanted);
  const given = wanted.explicit ? explicitVersion(wanted.explicit, accounts, repository, held, wanted.name) : accounts;
  if (given.next === null || given.tag === null) throw nothingToRelease({ service: wanted.name, why: accounts.why });
  const at = await tx.now();
  // A lane that is released holds its number no more: it has it.
  const used = held.own === given.next && repository.branch !== null ? [{ number: given.next, lane: repository.branch }] : [];
  await saveLanes(tx, wanted.serviceId, held.fresh, [...held.ended, ...used], at);
  await tellLanes(tx, actor, wanted.serviceId, held);
  const row = { number: given.next, tag: given.tag, commit: wanted.at.to };
  await insertGiven(tx, wanted.serviceId, row, given.bump ?? 'chosen');
  await tx.record(versionGiven, {
    subject: wanted.serviceId,
    actor,
    service: wanted.serviceId,
    body: { ...row, bump: given.bump ?? 'chosen', from: accounts.from?.version ?? null },
  });
  return { number: given.next, tag: given.tag, accounts };
}

async function tellLanes(tx: Tx, actor: Actor, serviceId: string, { fresh, ended }: Held): Promise<void> {
  const about = { subject: serviceId, actor, service: serviceId };
  for (const { number, lane } of fresh) await tx.record(versionReserved, { ...about, body: { number, lane } });
  for (const { number, lane } of ended) await tx.record(versionFreed, { ...about, body: { number, lane } });
}

function explicitVersion(
  text: string,
  accounts: NextVersion,
  { tagging, versions, scheme }: Repository,
  held: Held,
  service: string,
): Pick<NextVersion, 'next' | 'tag' | 'bump'> {
  const next = scheme === null ? strictVersion(text) : text.length <= 100 ? readCalendarVersion(scheme, text) : null;
  if (next === null || next !== text) throw badVersion({ given: text.slice(0, 100) });
  if (versions.some((tagged) => tagged.version === next)) throw versionTaken({ service, version: next });
  const holder = held.open.find((one) => one.version === next && one.kind === 'hotfix');
  if (holder !== undefined) throw versionHeld({ service, version: next, lane: holder.branch });
  return { next, tag: tagFor(next, accounts.from, tagging), bump: null };
}
