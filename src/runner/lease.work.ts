import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeatJob, stepChanged } from '../contract/runner.ts';
import type { Client } from '../host/client.http.ts';
import { retryDelay } from '../host/client-request.ts';
import { Problem } from '../kernel/problem.ts';
import type { StepNews } from './steps.run.ts';

export type LeaseOptions = {
  readonly client: Client;
  readonly job: string;
  readonly attempt: number;
  readonly token: number;
  readonly until: string;
  /** How long the server may be out of reach before the job is given up. What fences is the token, so this only bounds waste. */
  readonly offlineMs: number;
  readonly stop: AbortSignal;
};

/** The lease of one attempt: kept alive in the background, and the one judge of whether to go on. */
export class Lease {
  readonly params: { readonly job: string; readonly attempt: number };
  readonly token: number;
  readonly client: Client;
  readonly #cancel = new AbortController();
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  readonly #beats: Promise<void>;
  #news: Promise<void> = Promise.resolve();
  #lastHeard = performance.now();

  constructor(options: LeaseOptions) {
    this.client = options.client;
    this.params = { job: options.job, attempt: options.attempt };
    this.token = options.token;
    options.stop.addEventListener('abort', () => this.#lost.abort(new Error('the runner stops')), { once: true });
    if (options.stop.aborted) this.#lost.abort(new Error('the runner stops'));
    this.#beats = this.#beat(options);
  }

  /** Somebody cancelled the job. */
  get cancel(): AbortSignal {
    return this.#cancel.signal;
  }

  /** The job is no longer ours: nothing we do counts. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Calls until it is answered or the lease is lost: for what must arrive however long the server is away. */
  async insist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    for (let tried = 1; ; tried++) {
      this.#lost.signal.throwIfAborted();
      try {
        const answer = await call();
        this.#lastHeard = performance.now();
        return answer;
      } catch (error) {
        if (isLost(error)) this.#lost.abort(error);
        if (!isPassing(error) || (isBug(error) && tried >= BUG_TRIES)) throw error;
      }
      await sleep(retryDelay(tried, Math.random()), undefined, { signal: this.#lost.signal });
    }
  }

  /** Tells of a step, in order and in the background. */
  tell(news: StepNews): void {
    this.#news = this.#after(this.#news, news);
  }

  async #after(before: Promise<void>, news: StepNews): Promise<void> {
    await before;
    if (this.lost.aborted) return;
    const call = { params: this.params, body: { token: this.token, ...news } };
    // What can't be told is not worth ending a job for: the finish says how it went.
    const go = await this.insist(() => this.client.call(stepChanged, call, { idempotencyKey: null, signal: this.lost })).catch(() => null);
    if (go?.cancel) this.#cancel.abort();
  }

  /** Resolves once all that was told has arrived, or never will: what is told after the finish is told to nobody. */
  async told(): Promise<void> {
    await this.#news;
  }

  /** Waits until all that was told has arrived (or never will), and ends the heartbeats. */
  async close(): Promise<void> {
    await this.told();
    this.#over.abort();
    await this.#beats;
  }

  async #beat({ until, offlineMs }: LeaseOptions): Promise<void> {
    const leaseMs = Math.min(Math.max(Date.parse(until) - Date.now(), 3000), 120_000);
    const periodMs = Math.min(leaseMs / 3, 5000);
    while (!this.#over.signal.aborted && !this.#lost.signal.aborted) {
      await sleep(periodMs, undefined, { signal: AbortSignal.any([this.#over.signal, this.#lost.signal]) }).catch(() => undefined);
      if (this.#over.signal.aborted || this.#lost.signal.aborted) return;
      try {
        const how = {
          idempotencyKey: null,
          retries: 0,
          timeoutMs: Math.max(periodMs, 2000),
          signal: AbortSignal.any([this.#over.signal, this.#lost.signal]),
        };
        const go = await this.client.call(heartbeatJob, { params: this.params, body: { token: this.token } }, how);
        this.#lastHeard = performance.now();
        if (go.cancel) this.#cancel.abort();
      } catch (error) {
        if (this.#over.signal.aborted) return;
        if (isLost(error)) this.#lost.abort(error);
        else if (performance.now() - this.#lastHeard > Math.max(offlineMs, leaseMs))
          this.#lost.abort(new Error('the server was out of reach for too long'));
      }
    }
  }
}

/** A server's bug may be one instance's, or gone after a restart; one that stays is not worth waiting for. */
const BUG_TRIES = 12;
function isBug(error: unknown): boolean {
  return error instanceof Problem && error.status === 500;
}

/** The server has said that this attempt, or this runner, is no longer to write. */
function isLost(error: unknown): boolean {
  return error instanceof Problem && (error.code === 'pipelines.lease-lost' || error.status === 401 || error.status === 403);
}

/** Worth asking again: the server is away, busy, or in the middle of something. */
export function isPassing(error: unknown): boolean {
  return error instanceof Problem && (error.status >= 500 || error.status === 429 || error.status === 408);
}
