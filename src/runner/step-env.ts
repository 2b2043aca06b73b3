import type { JobPlan, StepPlan } from '../contract/runner.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What of the runner's own environment a step gets: language, time zone, and how to reach the network; nothing else. */
const PASSED = [
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
];
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** The part of the runner's environment that steps see. A proxy's address with a password in it is the runner's own. */
export function passedEnv(host: Env): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of [...PASSED, ...PROXIES]) {
    const value = host[name];
    if (value !== undefined && !(PROXIES.includes(name) && value.includes('@'))) passed[name] = value;
  }
  return passed;
}

/** Where things are, as the step sees them. */
export type Places = {
  readonly path: string;
  readonly home: string;
  readonly tmp: string;
  readonly workspace: string;
  readonly output: string;
};

/**
 * The whole environment of a step, weakest first: the runner's own, the job's, the step's, secrets, and `YM_*`, which
 * nobody overrides. Values that outsiders chose (ref, commit) reach a step only here.
 */
export function stepEnv(
  plan: JobPlan,
  step: StepPlan,
  secrets: Readonly<Record<string, string>>,
  passed: Env,
  places: Places,
): Record<string, string> {
  const known: Record<string, string | null> = {
    YM_RUN: plan.run,
    YM_JOB: plan.job,
    YM_ATTEMPT: String(plan.attempt),
    YM_JOB_NAME: plan.name,
    YM_TRUST: plan.trust,
    YM_SERVICE: plan.service,
    YM_COMMIT: plan.source.commit,
    YM_REF: plan.source.ref,
    YM_WORKSPACE: places.workspace,
    YM_OUTPUT: places.output,
  };
  const merged: Record<string, string | null | undefined> = {
    ...passed,
    PATH: places.path,
    HOME: places.home,
    TMPDIR: places.tmp,
    CI: 'true',
    ...plan.env,
    ...step.env,
    ...secrets,
    ...known,
  };
  return Object.fromEntries(Object.entries(merged).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
