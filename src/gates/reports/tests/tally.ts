import type { TestCounts } from '../model.ts';
import { ReportFault, clip } from '../model.ts';

export type Outcome = 'passed' | 'failed' | 'errored' | 'skipped';

/** One test as its report tells it. */
export type TestCase = {
  readonly outcome: Outcome;
  readonly name: string;
  readonly suite: string;
  readonly file?: string | null;
  readonly message?: string | null;
  /** A comparison, a stack: what the tool wrote of a test that did not pass. */
  readonly text?: string | null;
  readonly ms: number | null;
  /** It passed after an attempt that did not. */
  readonly flaky?: boolean;
};

/** One test that did not pass, for people: what it is called and what it said. */
export type FailedTest = {
  readonly name: string;
  readonly suite: string;
  readonly file: string | null;
  readonly how: 'failed' | 'errored';
  readonly message: string;
  /** Cut at 4,000 characters. */
  readonly text: string;
  readonly durationMs: number | null;
};

/** More tests than this are a mistake or an attack. */
const MOST = 100_000_000;
const TEXT = 4000;

/** Adds up the tests of one report, and keeps the first `most` that did not pass. */
export class TestTally {
  readonly failures: FailedTest[] = [];
  readonly #most: number;
  readonly #count = { passed: 0, failed: 0, errored: 0, skipped: 0 };
  #flaky = 0;
  #suites = 0;
  #casesMs = 0;
  #ms: number | null = null;
  #lacking: string | null = null;

  constructor(most = 0) {
    this.#most = most;
  }

  case(test: TestCase): void {
    this.#count[test.outcome]++;
    if (test.flaky === true && test.outcome === 'passed') this.#flaky++;
    this.#casesMs += test.ms ?? 0;
    if (test.outcome === 'passed' || test.outcome === 'skipped' || this.failures.length >= this.#most) return;
    this.failures.push({
      name: clip(test.name, 500),
      suite: clip(test.suite, 500),
      file: test.file === undefined || test.file === null || test.file === '' ? null : clip(test.file, 500),
      how: test.outcome,
      message: clip(test.message ?? '', 1000),
      text: plain(test.text ?? ''),
      durationMs: test.ms,
    });
  }

  /** Tests that the report counts and does not show. */
  unshown(outcome: Outcome, count: number): void {
    if (count > 0) this.#count[outcome] += count;
  }

  suite(count = 1): void {
    this.#suites += count;
  }

  /** What the tool says that all took; without it the times of the tests are added up. */
  duration(ms: number | null): void {
    if (ms !== null) this.#ms = (this.#ms ?? 0) + ms;
  }

  /** The report says itself that it is not whole. It then says nothing, whatever it counts. */
  lacks(reason: string): void {
    this.#lacking ??= reason;
  }

  /** The report announces `announced` tests: fewer shown are a report cut short. */
  announced(what: string, announced: number | null, shown: number = this.total): void {
    if (announced !== null && announced > shown) this.lacks(`${what} announces ${announced} tests and shows ${shown}: it is not complete`);
  }

  /** The report says of itself as a whole that it failed: where none of its tests did, what failed is not shown. */
  mustBeBad(what: string, least = 1): void {
    if (this.bad < least)
      this.lacks(
        `${what} tells of ${least === 1 ? 'a failure' : `${least} failures`}, and ${this.bad === 0 ? 'no test' : `only ${this.bad}`} failed`,
      );
  }

  get total(): number {
    const { passed, failed, errored, skipped } = this.#count;
    return passed + failed + errored + skipped;
  }

  get bad(): number {
    return this.#count.failed + this.#count.errored;
  }

  /** The totals. A report without a test, or one that is not complete, is a fault that carries them. */
  counts(): TestCounts {
    const total = this.total;
    if (!(total <= MOST)) throw new ReportFault(`the report announces more than ${MOST} tests`);
    const durationMs = Math.min(this.#ms ?? this.#casesMs, Number.MAX_SAFE_INTEGER);
    const tests: TestCounts = { total, ...this.#count, flaky: this.#flaky, durationMs: Math.round(durationMs), suites: this.#suites };
    if (this.#lacking !== null) throw new ReportFault(this.#lacking, 'unreadable', { contents: { tests } });
    if (total === 0) throw new ReportFault('the report has no test', 'empty', { contents: { tests } });
    return tests;
  }
}

function plain(text: string): string {
  return text
    .slice(0, TEXT)
    .replaceAll(/[^\P{Cc}\n\t]/gu, '')
    .trim()
    .toWellFormed();
}
