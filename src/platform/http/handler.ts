import type { Actor } from '../../kernel/actor.ts';
import type { AnswerOf, BodyOf, ParamsOf, QueryOf, RouteShape } from '../../contract/route.ts';
import type { Action } from '../../contract/actions.ts';
import type { Problem } from '../../kernel/problem.ts';
import type { Floor, Tx } from '../floor.ts';

/** What a handler gets: parsed input, who asks, and (unless the route says `transaction: 'none'`) a transaction. */
export type Call<Shape extends RouteShape> = {
  readonly params: ParamsOf<Shape>;
  readonly query: QueryOf<Shape>;
  readonly body: BodyOf<Shape>;
  readonly actor: Actor;
  readonly floor: Floor;
  readonly tx: Tx;
  readonly requestId: string;
  /** Where the request comes from: the other end, or what a proxy of ours says of it. */
  readonly address: string;
  /** Whether it came over TLS, to us or to a proxy of ours. */
  readonly encrypted: boolean;
  readonly headers: Headers;
  /** The JSON body exactly as received: what a webhook's signature covers. */
  readonly rawBody: string;
  readonly signal: AbortSignal;
  /** Sees all services, or only these ids: lists filter by it. A stream asks again later, in a transaction of its own. */
  visible(within?: Tx): Promise<'all' | ReadonlySet<string>>;
  /** A further question to the one authorisation point, where the object is known only after reading. Throws the problem when not. A handler without a transaction gives its own. */
  must(
    action: Action,
    on: { readonly service?: string; readonly environment?: string; readonly team?: string },
    within?: Tx,
  ): Promise<void>;
};

export type Handler<Shape extends RouteShape> = (call: Call<Shape>) => Promise<AnswerOf<Shape> | Refused>;
export type Mounted = { readonly route: RouteShape; readonly handle: (call: never) => Promise<unknown> };

/** Joins a route of the contract with what answers it. A `.routes.ts` file is a list of these. */
export function mount<const Shape extends RouteShape>(route: Shape, handle: Handler<Shape>): Mounted {
  return { route, handle: handle as (call: never) => Promise<unknown> };
}

/**
 * A "no" that must be remembered: returned by a handler (never thrown), it lets the transaction commit with the
 * refusal recorded in it, and the caller gets the problem. A thrown Problem rolls everything back instead.
 */
export class Refused {
  readonly problem: Problem;
  constructor(problem: Problem) {
    this.problem = problem;
  }
}
