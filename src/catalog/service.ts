import type { Millis } from '../kernel/time.ts';

/** 1 critical, 2 important, 3 low risk. */
export type Tier = 1 | 2 | 3;

/** The policy presets that a service can name; each is a complete policy. */
export const POLICIES = ['startup', 'standard', 'regulated'] as const;
export type PolicyName = (typeof POLICIES)[number];

/** Where a service's source lives. `path` is its folder inside the repository, `.` for the root. */
export type Repository = { readonly url: string; readonly branch: string; readonly path: string };

/** How an agent starts one instance of the service and knows that it is ready. Arguments, never shell text. */
export type RunSpec = {
  readonly command: readonly string[];
  /** The environment variable that carries the port to listen on. */
  readonly portEnv: string;
  /** Path of the health check: `/healthz`. */
  readonly health: string;
  readonly readyWithinMs: Millis;
  readonly env: Readonly<Record<string, string>>;
  /** Run after a deployment with `URL` in its environment; exit code 0 is verified. */
  readonly smoke?: { readonly command: readonly string[] };
};

/** `range` is a semver range of the other service's version in the same environment; null: any version that runs there. */
export type Dependency = { readonly service: string; readonly range: string | null };

/** One deployable thing: one owner, one repository path, a tier. */
export type Service = {
  readonly id: string;
  readonly name: string;
  readonly teamId: string;
  /** The owning team's name. */
  readonly team: string;
  readonly tier: Tier;
  readonly repository: Repository | null;
  /** For people and templates: `node`, `python` ... */
  readonly stack: string | null;
  readonly dependsOn: readonly Dependency[];
  /** Name of a policy preset. */
  readonly policy: PolicyName;
  /** null: nothing runs (a library). */
  readonly run: RunSpec | null;
  /** Configuration by environment name: part of the release intent. Never secrets. */
  readonly configuration: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** We watch and judge but do not act. */
  readonly observeOnly: boolean;
  readonly version: number;
};

/** The configuration of a service in one environment; empty where none is set. */
export function configurationIn(service: Pick<Service, 'configuration'>, environment: string): Readonly<Record<string, string>> {
  return Object.hasOwn(service.configuration, environment) ? (service.configuration[environment] ?? {}) : {};
}
