import { listTags, readCommits, resolveRef } from '../host/git.run.ts';
import type { Accounted } from '../artifacts/versions/account.ts';
import { isFresh, nextVersion } from '../artifacts/versions/next.ts';
import type { NextVersion } from '../artifacts/versions/next.ts';
import { badPrerelease } from './version.problems.ts';

/** More commits than this since the version before are not read; 100,000 take about a second. */
export const HISTORY_LIMIT = 100_000;

export type VersionArgs = {
  readonly repo: string;
  /** The service's folder in a repository of several services. */
  readonly path?: string;
  readonly name?: string;
  readonly prerelease?: string;
  /** Default HEAD. */
  readonly to?: string;
};

/** `notCounted`: commits that are in the version before, or touch nothing of the service. */
export type VersionJson = Omit<NextVersion, 'because'> & {
  readonly because: readonly Omit<Accounted, 'message'>[];
  readonly notCounted: number;
};

/** `ym version next`: the next version of the repository at `repo`, without a server. */
export async function versionNext(args: VersionArgs): Promise<{ text: string; json: VersionJson }> {
  if (args.prerelease !== undefined && !/^[a-z][a-z0-9-]{0,30}$/.test(args.prerelease))
    throw badPrerelease({ given: args.prerelease.slice(0, 40) });
  const answer = await readNext(args);
  const because = answer.because.filter(isFresh).map(({ commit, subject, kind, bump, why }) => ({ commit, subject, kind, bump, why }));
  return { text: versionText(answer), json: { ...answer, because, notCounted: answer.because.length - because.length } };
}

/** Reads history and tags, and asks for the next version. */
export async function readNext(args: VersionArgs): Promise<NextVersion> {
  const monorepo = args.path !== undefined && !['', '.', './'].includes(args.path);
  const service = args.name ?? (monorepo ? (args.path?.replace(/\/+$/, '').split('/').at(-1) ?? 'service') : 'service');
  const to = await resolveRef(args.repo, args.to ?? 'HEAD');
  const commits = await readCommits(args.repo, { to, limit: HISTORY_LIMIT });
  const tags = await listTags(args.repo);
  const under = monorepo ? await readCommits(args.repo, { to, paths: [args.path ?? '.'], limit: HISTORY_LIMIT }) : null;
  const touching = under === null ? null : new Set(under.map((commit) => commit.id));
  return nextVersion({ tagging: { service, monorepo }, commits, touching, tags, prerelease: args.prerelease ?? null });
}

function versionText(answer: NextVersion): string {
  const lines = [answer.next === null ? `no next version: ${answer.why}` : answer.why];
  for (const entry of answer.because) {
    if (!isFresh(entry)) continue;
    lines.push(
      `  ${entry.commit.slice(0, 10)}  ${(entry.bump ?? '-').padEnd(5)}  ${printable(entry.subject).slice(0, 72)}  (${printable(entry.why)})`,
    );
  }
  return lines.join('\n');
}

/** A commit's words on a terminal: no escape sequences of theirs. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '?');
}
