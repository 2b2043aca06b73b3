import { appendLog } from '../contract/runner.ts';
import { Problem } from '../kernel/problem.ts';
import type { Lease } from './lease.work.ts';
import type { LogSpool } from './log.spool.ts';

const PART = 128 * 1024;

/**
 * Sends a log as it grows, and goes on from where the server says it is: after a restart of the server, a lost answer or
 * a cut connection nothing is missing and nothing is there twice. `changed` wakes it; `drain` waits until all is stored.
 */
export class LogSender {
  readonly #lease: Lease;
  #log: LogSpool | null = null;
  #stored = 0;
  #working: Promise<void> | null = null;
  #failed: unknown = null;

  constructor(lease: Lease) {
    this.#lease = lease;
  }

  attach(log: LogSpool): void {
    this.#log = log;
  }

  changed(): void {
    if (this.#working !== null || this.#failed !== null) return;
    this.#working = this.#send()
      .catch((error: unknown) => void (this.#failed = error))
      .finally(() => (this.#working = null));
  }

  /** Resolves once the whole log is stored; rejects where it never will be. */
  async drain(): Promise<void> {
    while (this.#failed === null && this.#stored < (this.#log?.size ?? 0)) {
      this.changed();
      await this.#working;
    }
    if (this.#failed !== null) throw this.#failed;
  }

  async #send(): Promise<void> {
    const log = this.#log;
    if (log === null) return;
    // Let a burst of lines gather into one request.
    await new Promise((done) => setTimeout(done, 20));
    while (this.#stored < log.size) {
      const offset = this.#stored;
      const text = await log.read(offset, PART);
      const answer = await this.#lease.insist(() => this.#append(offset, text));
      this.#stored = Math.min(answer.stored, log.size);
    }
  }

  /** A gap is an answer too: the server has less than we thought, and says how much. */
  async #append(offset: number, text: string): Promise<{ stored: number }> {
    const { client, params, token, lost } = this.#lease;
    try {
      return await client.call(appendLog, { params, body: { token, offset, text } }, { idempotencyKey: null, signal: lost });
    } catch (error) {
      const stored = error instanceof Problem && error.code === 'pipelines.log-gap' ? error.data['stored'] : null;
      if (typeof stored === 'number') return { stored };
      throw error;
    }
  }
}
