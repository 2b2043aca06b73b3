import semver from 'semver';
import type { OpenLane } from './lane.ts';

/** A number that a branch holds in our own record. */
export type Reserved = { readonly number: string; readonly lane: string };

export type Held = {
  /** What other branches hold, as the next version must know it. */
  readonly open: readonly OpenLane[];
  /** The number that the branch asked about holds itself; null: none yet. */
  readonly own: string | null;
  /** Holds that begin now. */
  readonly fresh: readonly Reserved[];
  /** Holds that end now: their branch is gone, or what is asked about contains it. */
  readonly ended: readonly Reserved[];
};

/**
 * Which numbers lanes hold. `open`: what the repository says of branches that are open now; `standing`: what our record
 * says, of which `given` are used up; `taken`: every number that is tagged or was given. A hotfix lane keeps the number
 * that it first got until it is released or gone, whatever the trunk does meanwhile, and no two lanes hold the same one:
 * a lane whose number another has gets the next patch. Branches of releases (`release/1.4`) say their number themselves.
 */
export function holdLanes(
  open: readonly OpenLane[],
  standing: readonly Reserved[],
  taken: ReadonlySet<string>,
  branch: string | null,
): Held {
  const unused = standing.filter((one) => !taken.has(one.number));
  const names = new Set(open.map((one) => one.branch));
  const kept = new Map(unused.filter((one) => names.has(one.lane) || one.lane === branch).map((one) => [one.lane, one.number]));
  const used = new Set([...taken, ...kept.values()]);
  const fresh: Reserved[] = [];
  const lanes = open.map((lane) => {
    if (lane.kind !== 'hotfix') return lane;
    const number = kept.get(lane.branch) ?? free(lane.version, used);
    if (!kept.has(lane.branch)) fresh.push({ number, lane: lane.branch });
    used.add(number);
    return { ...lane, version: number };
  });
  const ended = standing.filter((one) => kept.get(one.lane) !== one.number);
  return { open: lanes, own: branch === null ? null : (kept.get(branch) ?? null), fresh, ended };
}

function free(version: string, used: ReadonlySet<string>): string {
  let candidate = version;
  while (used.has(candidate)) candidate = semver.inc(candidate, 'patch') ?? `${candidate}.1`;
  return candidate;
}
