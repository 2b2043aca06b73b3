import type { ByteStream, TestCounts } from './model.ts';
import { ReportFault } from './model.ts';
import { secondsToMs, wholeNumber } from './text.ts';
import type { Attributes, XmlHandler } from './xml.ts';
import { readXml } from './xml.ts';

type Outcome = 'passed' | 'failed' | 'errored' | 'skipped';
type Declared = { readonly tests: number; readonly failures: number; readonly errors: number };
type Suite = {
  readonly declared: Declared;
  cases: number;
  reruns: number;
  failed: number;
  errored: number;
  ms: number | null;
  casesMs: number;
  nested: boolean;
  name: string;
};

/** More tests than this are a mistake or an attack. */
const MOST = 100_000_000;

const RANK: Readonly<Record<Outcome, number>> = { passed: 0, skipped: 1, failed: 2, errored: 3 };

/**
 * JUnit's XML in its dialects (Ant, Surefire, pytest, gtest, Jest, Mocha, nextest, ...). There is no standard, so:
 * - what counts is each `<testcase>`; a child `error`, `failure` or `skipped` says how it ended, the worst wins;
 * - a suite that says of itself worse than its cases show is believed (it crashed before it wrote the case);
 * - a suite that announces more tests than it shows is cut short, and the report is refused;
 * - `flakyFailure`/`flakyError` (Surefire) are failed attempts of a test that passed, `rerunFailure` of one that failed.
 */
export async function readJunit(bytes: ByteStream): Promise<TestCounts> {
  const tally = new Tally();
  await readXml(bytes, tally);
  return tally.counts();
}

class Tally implements XmlHandler {
  #suites: Suite[] = [];
  #cases = { passed: 0, failed: 0, errored: 0, skipped: 0 };
  #hidden = { failed: 0, errored: 0 };
  #flaky = 0;
  #suiteCount = 0;
  #ms = 0;
  #outcome: Outcome | null = null;
  #isFlaky = false;
  #announced: Declared | null = null;

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && name !== 'testsuites' && name !== 'testsuite')
      throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <testsuites> or <testsuite>`);
    if (name === 'testsuites') this.#announced ??= declaredIn(attributes);
    if (name === 'testsuite') return this.#openSuite(attributes);
    if (name === 'testcase') return this.#openCase(attributes);
    if (RERUNS.has(name)) this.#rerun();
    const ending = ENDINGS.get(name);
    if (ending !== undefined) this.#end(ending);
    else if (name === 'flakyFailure' || name === 'flakyError') this.#isFlaky = true;
  }

  close(name: string): void {
    if (name === 'testcase') this.#closeCase();
    else if (name === 'testsuite') this.#closeSuite();
  }

  counts(): TestCounts {
    const { passed, skipped } = this.#cases;
    const failed = this.#cases.failed + this.#hidden.failed;
    const errored = this.#cases.errored + this.#hidden.errored;
    const total = passed + skipped + failed + errored;
    const announced = this.#announced;
    if (announced !== null && announced.failures + announced.errors > failed + errored) {
      throw new ReportFault(`the report announces ${announced.failures + announced.errors} failures and shows ${failed + errored}`);
    }
    if (total > MOST) throw new ReportFault(`the report announces more than ${MOST} tests`);
    if (total === 0) throw new ReportFault('the report has no test', 'empty');
    return {
      total,
      passed,
      failed,
      errored,
      skipped,
      flaky: this.#flaky,
      durationMs: Math.min(this.#ms, Number.MAX_SAFE_INTEGER),
      suites: this.#suiteCount,
    };
  }

  #openSuite(attributes: Attributes): void {
    const outer = this.#suites.at(-1);
    if (outer !== undefined) outer.nested = true;
    this.#suites.push({
      declared: declaredIn(attributes),
      cases: 0,
      reruns: 0,
      failed: 0,
      errored: 0,
      ms: secondsToMs(attributes['time']),
      casesMs: 0,
      nested: false,
      name: attributes['name'] ?? '',
    });
  }

  #openCase(attributes: Attributes): void {
    if (this.#outcome !== null) throw new ReportFault('a <testcase> stands inside another');
    this.#outcome = statusOf(attributes);
    this.#isFlaky = false;
    const suite = this.#suites.at(-1);
    if (suite === undefined) return;
    suite.cases++;
    suite.casesMs += secondsToMs(attributes['time']) ?? 0;
  }

  /** Surefire counts each attempt of a test as a test of its suite. */
  #rerun(): void {
    const suite = this.#suites.at(-1);
    if (suite !== undefined) suite.reruns++;
  }

  #end(ending: Outcome): void {
    if (this.#outcome !== null) {
      if (RANK[ending] > RANK[this.#outcome]) this.#outcome = ending;
    } else if (ending === 'failed') this.#hidden.failed++;
    else if (ending === 'errored') this.#hidden.errored++;
  }

  #closeCase(): void {
    const outcome = this.#outcome ?? 'errored';
    this.#cases[outcome]++;
    if (outcome === 'passed' && this.#isFlaky) this.#flaky++;
    this.#outcome = null;
    const suite = this.#suites.at(-1);
    if (suite === undefined) return;
    if (outcome === 'failed') suite.failed++;
    if (outcome === 'errored') suite.errored++;
  }

  #closeSuite(): void {
    const suite = this.#suites.pop();
    if (suite === undefined) return;
    this.#suiteCount++;
    if (!suite.nested || suite.cases > 0) this.#ms += suite.nested ? suite.casesMs : (suite.ms ?? suite.casesMs);
    if (suite.nested) return;
    if (suite.declared.tests > suite.cases + suite.reruns) {
      throw incomplete(`suite ${JSON.stringify(suite.name.slice(0, 80))}`, suite.declared.tests, suite.cases);
    }
    const bad = suite.failed + suite.errored;
    const hidden = suite.declared.failures + suite.declared.errors - bad - suite.reruns;
    if (hidden > 0) this.#hidden.errored += hidden;
  }
}

const RERUNS = new Set(['flakyFailure', 'flakyError', 'rerunFailure', 'rerunError']);
const ENDINGS = new Map<string, Outcome>([
  ['failure', 'failed'],
  ['rerunFailure', 'failed'],
  ['error', 'errored'],
  ['rerunError', 'errored'],
  ['skipped', 'skipped'],
  ['skip', 'skipped'],
  ['disabled', 'skipped'],
  ['ignored', 'skipped'],
]);

/** Some tools say by attribute what others say by a child element. */
function statusOf(attributes: Attributes): Outcome {
  const words = [attributes['status'], attributes['result']].map((word) => word?.toLowerCase());
  if (words.some((word) => word === 'error' || word === 'errored')) return 'errored';
  if (words.some((word) => word === 'failed' || word === 'failure' || word === 'fail')) return 'failed';
  const skipped = ['notrun', 'skipped', 'skip', 'suppressed', 'disabled', 'ignored', 'pending'];
  if (words.some((word) => word !== undefined && skipped.includes(word)) || attributes['skipped'] === 'true') return 'skipped';
  return 'passed';
}

function declaredIn(attributes: Attributes): Declared {
  const count = (name: string): number => wholeNumber(attributes[name]) ?? 0;
  return { tests: count('tests'), failures: count('failures'), errors: count('errors') };
}

function incomplete(what: string, announced: number, shown: number): ReportFault {
  return new ReportFault(`${what} announces ${announced} tests and shows ${shown}: it is not complete`);
}
