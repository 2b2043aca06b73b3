import type { Accounted } from '../artifacts/versions/account.ts';
import { isFresh } from '../artifacts/versions/next.ts';
import type { NextVersion } from '../artifacts/versions/next.ts';
import type { Strategy } from '../artifacts/versions/lane.ts';
import { readNext as readNextAt } from '../artifacts/versions/repository.ts';
import type { ReadNext } from '../artifacts/versions/repository.ts';
import { lookAt } from './repository.ts';
import type { RepositoryArgs } from './repository.ts';
import { badPrerelease } from './version.problems.ts';

export type VersionArgs = RepositoryArgs & {
  readonly prerelease?: string;
  /** A patch even where no commit asks for one. */
  readonly hotfix?: boolean;
  /** The instant that a calendar version is of, milliseconds since the epoch. */
  readonly now?: number;
};

/** `notCounted`: commits since the version before that touch nothing of the service. */
export type VersionJson = Omit<NextVersion, 'because'> & {
  readonly service: string;
  readonly strategy: Strategy;
  readonly branch: string | null;
  /** Where it is published: null is the usual place, else `next`, `beta`, `1.2.x` ... */
  readonly channel: string | null;
  /** The branch releases nothing by itself: this is what it would be once merged. */
  readonly preview: boolean;
  readonly because: readonly Omit<Accounted, 'message'>[];
  readonly notCounted: number;
};

/** `ym version next`: the next version of the repository at `repo`, without a server. */
export async function versionNext(
  args: VersionArgs,
  known?: Parameters<typeof lookAt>[1],
): Promise<{ readonly text: string; readonly json: VersionJson }> {
  const { repository, answer } = await readNext(args, known);
  const because = answer.because.filter(isFresh).map(({ commit, subject, kind, bump, why }) => ({ commit, subject, kind, bump, why }));
  const { service, rules, branch, lane } = repository;
  const json = {
    ...answer,
    service,
    strategy: rules.strategy,
    branch,
    channel: args.prerelease ?? lane.channel,
    preview: lane.preview,
    because,
    notCounted: answer.because.length - because.length,
  };
  return {
    json,
    get text() {
      return versionText(answer, lane.preview ? branch : undefined);
    },
  };
}

/** Reads what came since the version before, and asks for the next one. */
export async function readNext(args: VersionArgs, known?: Parameters<typeof lookAt>[1]): Promise<ReadNext> {
  if (args.prerelease !== undefined && !/^[a-z][a-z0-9-]{0,30}$/.test(args.prerelease))
    throw badPrerelease({ given: args.prerelease.slice(0, 40) });
  return readNextAt(await lookAt(args, known), { ...args, now: args.now ?? Date.now() });
}

/** `preview`: the branch that gives no version by itself (null: nobody knows which it is). */
function versionText(answer: NextVersion, preview: string | null | undefined): string {
  const lines = [answer.next === null ? `no next version: ${answer.why}` : answer.why];
  if (preview !== undefined)
    lines.push(`  (a preview: ${printable(preview ?? 'this checkout')} gives no version by itself; it is what merging would give)`);
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
