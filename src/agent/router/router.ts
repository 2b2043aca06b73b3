/** One instance behind a front: where it listens and its percent of the requests. */
export type Backend = { readonly name: string; readonly port: number; readonly weight: number };

/** The stable address of one (service, environment) on this machine and what stands behind it. */
export type Front = { readonly key: string; readonly port: number; readonly backends: readonly Backend[] };

/** What the router has counted for one backend since it first saw it. */
export type Counters = {
  readonly requests: number;
  readonly classes: Readonly<Record<'2xx' | '3xx' | '4xx' | '5xx' | 'none', number>>;
  /** Answers per bucket of the contract's LATENCY_BOUNDS; null where the router doesn't measure it. */
  readonly latency: readonly number[] | null;
  /** Requests that are being answered right now. */
  readonly active: number;
};

/** Counters by backend, and the router's start: counts of different boots must not be subtracted. */
export type Counted = { readonly boot: string; readonly backends: Readonly<Record<string, Counters>> };

/**
 * What moves traffic. It is a process of its own that outlives the agent; `apply` says what shall be, so that it can be
 * repeated. Lifecycle: `start` attaches to a running one or starts it, `close` only lets go of it, `stop` ends it.
 */
export type Router = {
  readonly kind: 'builtin' | 'haproxy';
  start(fronts: readonly Front[]): Promise<void>;
  apply(fronts: readonly Front[]): Promise<void>;
  counted(front: string): Promise<Counted>;
  /** Whether it answers; when not, `start` is called again. */
  alive(): Promise<boolean>;
  close(): Promise<void>;
  stop(): Promise<void>;
};

export type Weighted = { readonly name: string; readonly weight: number };

/**
 * Smooth weighted round robin: in every run of sum(weights) picks each backend comes exactly `weight` times, spread
 * evenly. `credit` is the state between picks and is changed. Answers null where nothing has weight.
 */
export function pick<Item extends Weighted>(backends: readonly Item[], credit: Map<string, number>): Item | null {
  let total = 0;
  let best: Item | null = null;
  let most = -Infinity;
  for (const backend of backends) {
    if (backend.weight <= 0) continue;
    total += backend.weight;
    const now = (credit.get(backend.name) ?? 0) + backend.weight;
    credit.set(backend.name, now);
    if (now > most) [most, best] = [now, backend];
  }
  if (best !== null) credit.set(best.name, most - total);
  return best;
}

/** Which bucket of the histogram `ms` falls into. */
export function bucketOf(bounds: readonly number[], ms: number): number {
  const at = bounds.findIndex((bound) => ms <= bound);
  return at === -1 ? bounds.length : at;
}

/** The counts between two looks, or null where they can't be compared: the router restarted, or didn't know the backend at one of them. */
export function difference(before: Counted, after: Counted, name: string): Omit<Counters, 'active'> | null {
  const [from, to] = [before.backends[name], after.backends[name]];
  if (from === undefined || to === undefined || before.boot !== after.boot) return null;
  const minus = (key: keyof Counters['classes']): number => to.classes[key] - from.classes[key];
  const classes = { '2xx': minus('2xx'), '3xx': minus('3xx'), '4xx': minus('4xx'), '5xx': minus('5xx'), none: minus('none') };
  const requests = to.requests - from.requests;
  if (requests < 0 || Object.values(classes).some((count) => count < 0)) return null;
  return { requests, classes, latency: to.latency === null ? null : to.latency.map((count, at) => count - (from.latency?.[at] ?? 0)) };
}
