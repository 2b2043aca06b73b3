import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { versionGiven } from './artifacts.events.ts';
import { badVersion, nothingToRelease, versionTaken } from './artifacts.problems.ts';
import type { NextVersion } from './versions/next.ts';
import { nextVersion } from './versions/next.ts';
import type { CommitText } from './versions/account.ts';
import { strictVersion, tagFor, versionsOf } from './versions/tags.ts';
import type { VersionTag } from './versions/tags.ts';

export type VersionWanted = {
  readonly serviceId: string;
  readonly name: string;
  /** The service's folder in its repository; `.` for the root. */
  readonly path: string;
  /** What is released. */
  readonly commit: string;
  /** The history of `commit`, newest first, and the repository's tags. */
  readonly commits: readonly CommitText[];
  readonly tags: readonly VersionTag[];
  /** For a folder: the ids of the commits that touch it. */
  readonly touching?: ReadonlySet<string> | null;
  /** A hotfix or an emergency has a version even where no commit asks for one. */
  readonly kind: 'standard' | 'hotfix' | 'emergency';
  /** A person's own choice; only its form and that it is free are checked. */
  readonly explicit?: string | null;
};

/** `accounts`: every commit with its reason, for the release notes. */
export type GivenVersion = { readonly number: string; readonly tag: string; readonly accounts: NextVersion };

/**
 * Gives `commit` a version that neither a tag nor a release before has, and records it; it is never given again. Runs
 * in the caller's transaction: where that fails, the number is free again.
 */
export async function reserveVersion(tx: Tx, actor: Actor, wanted: VersionWanted): Promise<GivenVersion> {
  // One at a time for a service: two releases in the same instant must not read the same numbers.
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 7420))`, [`version:${wanted.serviceId}`]);
  const rows = await tx.query<{ number: string; tag: string; commit_id: string }>(
    `select number, tag, commit_id from version_given where service_id = $1`,
    [wanted.serviceId],
  );
  const tagging = { service: wanted.name, monorepo: !['', '.', './'].includes(wanted.path) };
  // A number that was given under another name of the service is still this service's.
  const own = rows.map((row) => ({
    name: versionsOf([{ name: row.tag, commit: null }], tagging).length > 0 ? row.tag : `${wanted.name}@${row.number}`,
    commit: row.commit_id,
  }));
  const tags = [...own, ...wanted.tags];
  const accounts = nextVersion({
    tagging,
    commits: wanted.commits,
    touching: wanted.touching ?? null,
    tags,
    atLeast: wanted.kind === 'standard' ? null : 'patch',
  });
  const given = wanted.explicit ? explicitVersion(wanted.explicit, accounts, tags, wanted) : accounts;
  if (given.next === null || given.tag === null) throw nothingToRelease({ service: wanted.name, why: accounts.why });
  await tx.query(
    `insert into version_given (org_id, service_id, number, tag, commit_id, bump, given_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [tx.org, wanted.serviceId, given.next, given.tag, wanted.commit, given.bump ?? 'chosen', await tx.now()],
  );
  await tx.record(versionGiven, {
    subject: wanted.serviceId,
    actor,
    service: wanted.serviceId,
    body: { number: given.next, tag: given.tag, commit: wanted.commit, bump: given.bump ?? 'chosen', from: accounts.from?.version ?? null },
  });
  return { number: given.next, tag: given.tag, accounts };
}

function explicitVersion(
  text: string,
  accounts: NextVersion,
  tags: readonly VersionTag[],
  { name, path }: VersionWanted,
): Pick<NextVersion, 'next' | 'tag' | 'bump'> {
  const next = strictVersion(text);
  if (next === null || next !== text) throw badVersion({ given: text.slice(0, 100) });
  const tagging = { service: name, monorepo: !['', '.', './'].includes(path) };
  if (versionsOf(tags, tagging).some((tagged) => tagged.version === next)) throw versionTaken({ service: name, version: next });
  return { next, tag: tagFor(next, accounts.from, tagging), bump: null };
}
