import type { AnswerOf, RouteShape } from '../../../src/contract/route.ts';
import type { CallOf } from '../../../src/contract/route.ts';
import type { ProblemJson } from '../../../src/kernel/problem.ts';

/** A refusal of the server, or of the network, as the person in front of the screen reads it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly problem: ProblemJson;
  constructor(problem: ProblemJson) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Called when the server says that nobody is signed in (any more). */
let signedOut: () => void = () => undefined;
export function whenSignedOut(then: () => void): void {
  signedOut = then;
}

export type ProofWhy = 'ended' | 'fresh';
/** Asks the person to prove who they are; true where they did. Without a page that can ask: no. */
let proofNeeded: ((why: ProofWhy) => Promise<boolean>) | null = null;
export function whenProofNeeded(ask: (why: ProofWhy) => Promise<boolean>): () => void {
  proofNeeded = ask;
  return () => {
    if (proofNeeded === ask) proofNeeded = null;
  };
}

type Method = RouteShape['method'];
const PATIENCE_MS = 60_000;

/**
 * Calls one route of the contract: `call<typeof oneRelease>('GET', '/v1/releases/{release}', { params: { release } })`.
 * The type names the route, the words are checked against it. Throws a Refusal for every answer that is none.
 */
export async function call<Route extends RouteShape>(
  method: Route['method'],
  path: Route['path'],
  given: CallOf<Route> = {},
  options: { readonly signal?: AbortSignal; readonly idempotencyKey?: string; readonly plain?: boolean } = {},
): Promise<AnswerOf<Route>> {
  const response = await send(method, addressOf(path, given.params, given.query), given.body, options);
  if (!response.ok) {
    const refusal = await refusalOf(response);
    if (options.plain !== true && (await proved(refusal, method))) return call<Route>(method, path, given, { ...options, plain: true });
    throw refusal;
  }
  return (response.headers.get('content-type') ?? '').includes('json')
    ? ((await response.json()) as AnswerOf<Route>)
    : ((await response.text()) as unknown as AnswerOf<Route>);
}

async function send(
  method: Method,
  address: string,
  body: unknown,
  { signal, idempotencyKey, tag }: { readonly signal?: AbortSignal; readonly idempotencyKey?: string; readonly tag?: string },
): Promise<Response> {
  try {
    return await fetch(address, {
      method,
      credentials: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(PATIENCE_MS), ...(signal === undefined ? [] : [signal])]),
      headers: {
        accept: 'application/json',
        'x-yardmaster-screen': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(tag === undefined ? {} : { 'if-none-match': tag }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal({
      type: 'urn:yardmaster:problem:screen.unreachable',
      title: 'The server does not answer.',
      status: 0,
      code: 'screen.unreachable',
      remedy: 'Look whether you are connected; the page asks again by itself.',
    });
  }
}

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  let problem: ProblemJson;
  try {
    problem = JSON.parse(text) as ProblemJson;
    if (typeof problem.title !== 'string' || typeof problem.code !== 'string') throw new TypeError('no problem');
  } catch {
    problem = {
      type: 'urn:yardmaster:problem:screen.odd-answer',
      title: `The server answered ${response.status}, and not in its own words.`,
      status: response.status,
      code: 'screen.odd-answer',
      remedy: 'Something between this browser and Yardmaster answered instead. Try again in a minute.',
    };
  }
  return new Refusal(problem);
}

/**
 * What a refusal for want of a (fresh) sign-in leads to: the person is asked over the page, and true means: send it again.
 * Nothing of a refused act was kept, so it is the same act, and not a second one.
 */
async function proved({ problem }: Refusal, method: Method): Promise<boolean> {
  const ended = problem.status === 401 && problem.code === 'identity.not-signed-in';
  if (!ended && problem.code !== 'identity.sign-in-again') return false;
  if (proofNeeded !== null) {
    const asked = proofNeeded(ended ? 'ended' : 'fresh');
    // A question that was asked by the page itself does not wait: it is asked again with everything else.
    return method === 'GET' ? false : asked;
  }
  if (ended) signedOut();
  return false;
}

/** The address of a call: parameters encoded into their segments, undefined members of the query left out. */
export function addressOf(path: string, params: unknown, query: unknown): string {
  const filled = path.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
    const value = String((params as Record<string, unknown> | undefined)?.[name] ?? '');
    if (value === '' || value === '.' || value === '..') throw new TypeError(`${path}: parameter ${name} is ${JSON.stringify(value)}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null && value !== '') search.append(name, String(value));
  }
  return search.size === 0 ? filled : `${filled}?${search}`;
}
