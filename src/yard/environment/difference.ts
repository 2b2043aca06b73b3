import type { Environment } from '../../catalog/environment.ts';
import { configurationIn, type Service } from '../../catalog/service.ts';
import type { Digest } from '../../kernel/digest.ts';
import { digestOfValue } from '../../kernel/digest.ts';

/** What runs of a service on one side. */
export type Side = {
  readonly version: string;
  readonly release: string;
  readonly digests: readonly Digest[];
  /** Of the configuration that it was started with. */
  readonly configurationDigest: Digest;
} | null;

type Pair<Value> = { readonly left: Value; readonly right: Value };

export type ServiceDifference = {
  readonly service: string;
  readonly version: Pair<{ version: string; release: `rel_${string}`; digest: Digest | null } | null>;
  readonly sameVersion: boolean;
  readonly configuration: readonly { readonly key: string; readonly left: string | null; readonly right: string | null }[];
  readonly same: number;
  readonly current: Pair<boolean | null>;
};

/** What differs for a service between two environments: what runs, and what the catalog configures. */
export function differenceOf(
  service: Pick<Service, 'name' | 'configuration'>,
  environments: Pair<Pick<Environment, 'name'>>,
  runs: Pair<Side>,
): ServiceDifference {
  const left = configurationIn(service, environments.left.name);
  const right = configurationIn(service, environments.right.name);
  const value = (of: Readonly<Record<string, string>>, key: string): string | null => (Object.hasOwn(of, key) ? (of[key] ?? null) : null);
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted();
  const pairs = keys.map((key) => ({ key, left: value(left, key), right: value(right, key) }));
  const configuration = pairs.filter((pair) => pair.left !== pair.right);
  return {
    service: service.name,
    version: { left: shown(runs.left), right: shown(runs.right) },
    sameVersion: setOf(runs.left) === setOf(runs.right),
    configuration,
    same: pairs.length - configuration.length,
    current: { left: isCurrent(runs.left, left), right: isCurrent(runs.right, right) },
  };
}

/** Whether there is anything to show: another version, another value, or a side that was started with older values. */
export function differs({ sameVersion, configuration, current }: ServiceDifference): boolean {
  return !sameVersion || configuration.length > 0 || current.left === false || current.right === false;
}

/** How two environments themselves are set differently, in words. */
export function settingsOf(left: Environment, right: Environment): { setting: string; left: string; right: string }[] {
  const lines = (of: Environment): readonly (readonly [string, string])[] => [
    ['kind', of.kind],
    ['protected', of.protected ? 'yes' : 'no'],
    ['agent', of.agent],
    ['strategy', strategyWords(of.strategy)],
  ];
  const other = new Map(lines(right));
  return lines(left).flatMap(([setting, value]) => {
    const there = other.get(setting) ?? '';
    return there === value ? [] : [{ setting, left: value, right: there }];
  });
}

/** A strategy in words: `canary with a baseline: 10 % for 60 s, 50 % for 60 s`. */
export function strategyWords(strategy: Environment['strategy']): string {
  if (strategy.kind === 'all-at-once') return 'all at once';
  const steps = strategy.steps.map((step) => `${step.weight} % for ${Math.round(step.forMs / 1000)} s`);
  return `canary${strategy.baseline ? ' with a baseline' : ''}: ${steps.join(', ')}`;
}

function shown(side: Side) {
  return side === null ? null : { version: side.version, release: side.release as `rel_${string}`, digest: side.digests[0] ?? null };
}

function setOf(side: Side): string {
  return side === null ? '' : [...side.digests].toSorted().join();
}

function isCurrent(side: Side, configuration: Readonly<Record<string, string>>): boolean | null {
  return side === null ? null : side.configurationDigest === digestOfValue(configuration);
}
