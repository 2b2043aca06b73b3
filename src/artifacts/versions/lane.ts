import semver from 'semver';

/**
 * How branches become versions.
 * - `trunk`: what is merged to the trunk is released; `1.x` and `1.2.x` are maintenance branches, `next` and `next-major`
 *   channels, `alpha`, `beta` and `rc` pre-releases (the defaults of semantic-release).
 * - `gitflow`: `develop` makes alphas, `release/1.3.0` release candidates, the trunk what is finished; `support/1.x`.
 * - `release-branch`: the trunk moves on, `release/1.4` makes 1.4.0, 1.4.1 ...
 * - `calendar`: the date is the version.
 * In each, `hotfix/...` is a lane of its own whose number nobody else gets.
 */
export const STRATEGIES = ['trunk', 'gitflow', 'release-branch', 'calendar'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What a branch may give. `prerelease`: the identifier that its versions carry. */
export type Lane = {
  readonly kind: 'stable' | 'maintenance' | 'hotfix' | 'named';
  readonly channel: string | null;
  readonly prerelease: string | null;
  /** `named`, and `hotfix` where the branch says it: the number, without pre-release. */
  readonly named: string | null;
  /** `maintenance`: 1.x (minor null) or 1.2.x. */
  readonly within: Range | null;
  /** Its versions stand above those of open release branches: GitFlow's develop, the trunk beside release branches. */
  readonly above: boolean;
  /** The branch releases nothing by itself: the answer is what it would be once merged. */
  readonly preview: boolean;
};
export type Range = { readonly major: number; readonly minor: number | null };

/** A branch that is open beside the one asked about, and the number that it holds. */
export type OpenLane = { readonly branch: string; readonly kind: 'hotfix' | 'release'; readonly version: string };

export type LaneRules = {
  readonly strategy: Strategy;
  /** Names of the trunk. */
  readonly trunk: readonly string[];
  /** Branches of pre-releases and their identifiers. */
  readonly prereleases: Readonly<Record<string, string>>;
};

export const STABLE: Lane = {
  kind: 'stable',
  channel: null,
  prerelease: null,
  named: null,
  within: null,
  above: false,
  preview: false,
};
export const TRUNK = ['main', 'master', 'trunk'] as const;
export const PRERELEASES: Readonly<Record<string, string>> = { alpha: 'alpha', beta: 'beta', rc: 'rc' };

const N = '(0|[1-9]\\d{0,8})';
const MAINTENANCE = new RegExp(`^(?:support/|maint(?:enance)?/)?v?${N}(?:\\.${N})?(?:\\.x){1,2}$`);
const SUPPORT = new RegExp(`^support/v?${N}(?:\\.${N})?(?:\\.x)?$`);
const RELEASE = new RegExp(`^(?:releases?[/-])v?${N}\\.${N}(?:\\.${N}|\\.x)?$`);
const HOTFIX = /^hotfix(?:es)?[/-](.{1,200})$/;
const VERSION = new RegExp(`^v?(${N}\\.${N}\\.${N})$`);

/** The lane of `branch` (short name; null: no branch, for example a detached HEAD). */
export function laneOf(branch: string | null, rules: LaneRules): Lane {
  if (branch === null) return { ...STABLE, above: rules.strategy === 'release-branch' };
  const hotfix = HOTFIX.exec(branch)?.[1];
  if (hotfix !== undefined) return { ...STABLE, kind: 'hotfix', named: VERSION.exec(hotfix)?.[1] ?? null };
  const trunk = rules.trunk.includes(branch);
  const identifier = Object.hasOwn(rules.prereleases, branch) ? rules.prereleases[branch] : undefined;
  if (identifier !== undefined) return { ...STABLE, channel: branch, prerelease: identifier };
  const [, major, minor] = MAINTENANCE.exec(branch) ?? (rules.strategy === 'gitflow' ? SUPPORT.exec(branch) : null) ?? [];
  if (major !== undefined) return maintenance(Number(major), minor === undefined ? null : Number(minor));
  if (rules.strategy === 'gitflow') return gitflow(branch, trunk);
  if (rules.strategy === 'release-branch') {
    const [, x, y] = RELEASE.exec(branch) ?? [];
    if (x !== undefined) return maintenance(Number(x), Number(y));
    return { ...STABLE, above: true, preview: !trunk };
  }
  if (branch === 'next' || branch === 'next-major') return { ...STABLE, channel: branch };
  return { ...STABLE, preview: !trunk };
}

function gitflow(branch: string, trunk: boolean): Lane {
  if (trunk) return STABLE;
  const [, major, minor, patch] = RELEASE.exec(branch) ?? [];
  if (major !== undefined)
    return { ...STABLE, kind: 'named', channel: 'rc', prerelease: 'rc', named: `${major}.${minor ?? 0}.${patch ?? 0}` };
  const develop = ['develop', 'dev', 'development'].includes(branch);
  return { ...STABLE, channel: 'alpha', prerelease: 'alpha', above: true, preview: !develop };
}

function maintenance(major: number, minor: number | null): Lane {
  const name = `${major}.${minor === null ? 'x' : `${minor}.x`}`;
  return { ...STABLE, kind: 'maintenance', channel: name, within: { major, minor } };
}

/**
 * The number that a branch holds while it is open, or null. A hotfix lane without a number in its name holds the patch
 * after `base`, the version that it was cut from.
 */
export function heldBy(branch: string, rules: LaneRules, base: string | null): OpenLane | null {
  const lane = laneOf(branch, rules);
  if (lane.kind === 'hotfix') {
    const version = lane.named ?? (base === null ? null : semver.inc(base, 'patch'));
    return version === null ? null : { branch, kind: 'hotfix', version };
  }
  if (lane.kind === 'named' && lane.named !== null) return { branch, kind: 'release', version: lane.named };
  const cut = rules.strategy === 'release-branch' && RELEASE.test(branch) && lane.within !== null;
  return cut ? { branch, kind: 'release', version: `${lane.within?.major ?? 0}.${lane.within?.minor ?? 0}.0` } : null;
}

/** Whether `version` is one of 1.x or 1.2.x. */
export function isWithin(version: string, { major, minor }: Range): boolean {
  const parsed = new semver.SemVer(version);
  return parsed.major === major && (minor === null || parsed.minor === minor);
}

/** `1.x` or `1.2.x`. */
export function rangeName({ major, minor }: Range): string {
  return minor === null ? `${major}.x` : `${major}.${minor}.x`;
}

/**
 * The versions that a lane may count from, the best first: a maintenance branch from its own, else from those before it;
 * a hotfix from what is lower than its number. Only stable ones, since a pre-release promises nothing.
 */
export function basesOf<Tagged extends { readonly version: string }>(versions: readonly Tagged[], lane: Lane): Tagged[] {
  const stable = versions.filter((tagged) => !tagged.version.includes('-'));
  const { within, named } = lane;
  if (within !== null) {
    const first = `${within.major}.${within.minor ?? 0}.0`;
    const own = stable.filter((tagged) => isWithin(tagged.version, within));
    return [...own, ...stable.filter((tagged) => semver.lt(tagged.version, first))];
  }
  if (lane.kind === 'hotfix' && named !== null) return stable.filter((tagged) => semver.lt(tagged.version, named));
  return stable;
}
