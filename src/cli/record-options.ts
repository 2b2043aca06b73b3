import { Problem } from '../kernel/problem.ts';
import { ciRunOf, type CiRun } from './ci-environment.ts';
import { usage } from './cli.problems.ts';

/** Options by which a recorded run is named; what is left out is read from the environment of the CI. */
export type RunOptions = {
  readonly service?: string;
  readonly system?: string;
  readonly runId?: string;
  readonly attempt?: string;
  readonly runUrl?: string;
  readonly commit?: string;
  readonly ref?: string;
  readonly job?: string;
};

export type NamedRun = {
  readonly service: string;
  readonly system: string;
  readonly id: string;
  readonly attempt: number;
  readonly url?: string;
  readonly commit: string;
  readonly ref?: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/** The service that is told of: --service, or YARDMASTER_SERVICE. */
export function serviceIn(options: Pick<RunOptions, 'service'>, env: Env): string {
  const service = options.service ?? env['YARDMASTER_SERVICE'];
  if (service === undefined || service === '')
    throw usage({ what: 'It is not said of which service this is.', try: 'Give --service NAME, or set YARDMASTER_SERVICE.' });
  return service;
}

/** The run that is told of. Throws a problem that names the option for what neither options nor environment say. */
export function runIn(options: RunOptions, env: Env): NamedRun & { readonly job: string | null } {
  const ci = ciRunOf(env);
  // What the environment says of a run of one system is nothing about a run of another.
  const said: Partial<CiRun> = ci !== null && (options.system === undefined || options.system === ci.system) ? ci : {};
  const system = must(options.system ?? said.system, 'in which CI this runs', '--system NAME');
  const id = must(options.runId ?? said.id, 'which run of it this is', '--run-id ID');
  const commit = must(options.commit ?? said.commit, 'which commit was built', '--commit ID (the whole id)');
  const url = options.runUrl ?? said.url ?? undefined;
  const ref = options.ref ?? said.ref ?? undefined;
  return {
    service: serviceIn(options, env),
    system,
    id,
    attempt: attemptOf(options.attempt, said.attempt ?? null),
    ...(url === undefined ? {} : { url }),
    commit,
    ...(ref === undefined ? {} : { ref }),
    job: options.job ?? said.job ?? null,
  };
}

function must(value: string | null | undefined, what: string, option: string): string {
  if (value === undefined || value === null || value === '')
    throw usage({ what: `It is not known ${what}: no environment of a CI says it.`, try: `Give ${option}.` });
  return value;
}

function attemptOf(given: string | undefined, said: number | null): number {
  if (given === undefined) return said ?? 1;
  if (!/^[1-9]\d{0,4}$/.test(given)) throw usage({ what: `--attempt ${given} is no whole number from 1.`, try: 'Write it as 2.' });
  return Number(given);
}

/** `health=passed` as a check with its verdict. */
export function checkIn(text: string): { check: 'health' | 'smoke'; verdict: 'passed' | 'failed' } {
  const match = /^(health|smoke)=(passed|failed)$/.exec(text);
  if (match === null)
    throw usage({ what: `--check ${text} is no check.`, try: 'Write health=passed, health=failed, smoke=passed or smoke=failed.' });
  return { check: match[1] as 'health', verdict: match[2] as 'passed' };
}

type Envelope = { payloadType: string; payload: string; signatures: { keyid?: string; sig: string }[] };

/**
 * The attestations of a file, as they are handed in: a DSSE envelope, a Sigstore bundle of one (with its certificate and
 * proofs), or one of them on each line. Only their shape is looked at here: the server says whether it can keep them.
 */
export function signedIn(text: string, file: string): ({ envelope: Envelope } | { bundle: string })[] {
  const whole = parse(text);
  const values = whole === undefined ? text.split('\n').filter((line) => line.trim() !== '').map(parse) : [whole]; // prettier-ignore
  return values.map((value) => {
    const inner = (value as { dsseEnvelope?: unknown } | undefined)?.dsseEnvelope;
    if (isEnvelope(inner)) return { bundle: JSON.stringify(value) };
    if (!isEnvelope(value))
      throw usage({
        what: `${file} holds no DSSE envelope.`,
        try: 'Give an in-toto attestation, a Sigstore bundle of one, or one on each line.',
      });
    const { payloadType, payload, signatures } = value;
    const kept = signatures.map(({ keyid, sig }) => ({ ...(typeof keyid === 'string' ? { keyid } : {}), sig }));
    return { envelope: { payloadType, payload, signatures: kept } };
  });
}

function isEnvelope(value: unknown): value is Envelope {
  const one = value as Partial<Envelope> | null | undefined;
  return typeof one?.payloadType === 'string' && typeof one.payload === 'string' && Array.isArray(one.signatures);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a server refused because it deploys there itself. */
export function isOwnPlace(error: unknown): boolean {
  return error instanceof Problem && error.code === 'deployments.we-deploy';
}
