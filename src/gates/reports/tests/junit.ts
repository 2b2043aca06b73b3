import type { ByteStream } from '../model.ts';
import { ReportFault } from '../model.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import type { Attributes, XmlHandler } from '../xml.ts';
import { readXml } from '../xml.ts';
import type { Outcome, TestTally } from './tally.ts';

type Declared = { readonly tests: number; readonly failures: number; readonly errors: number; readonly skipped: number };
type Suite = {
  readonly declared: Declared;
  readonly count: Record<Outcome, number>;
  reruns: number;
  ms: number | null;
  casesMs: number;
  nested: boolean;
  name: string;
};
type Case = { readonly attributes: Attributes; outcome: Outcome; flaky: boolean; ended: boolean; message: string; text: string };

const RANK: Readonly<Record<Outcome, number>> = { passed: 0, skipped: 1, failed: 2, errored: 3 };
const ROOTS = new Set(['testsuites', 'testsuite', 'tusar']);
const TEXT = 4000;

/**
 * JUnit's XML in its dialects (Ant, Surefire, pytest, gtest, Jest, Mocha, nextest, PHPUnit, TUSAR, ...). There is no
 * standard, so:
 * - what counts is each `<testcase>`; a child `error`, `failure` or `skipped` says how it ended, the worst wins;
 * - a suite that says of itself worse than its cases show is believed (it crashed before it wrote the case);
 * - a suite that announces more tests than it shows is cut short: its numbers are told, and the report is no pass;
 * - `flakyFailure`/`flakyError` (Surefire) are failed attempts of a test that passed, `rerunFailure` of one that failed.
 */
export async function readJunit(bytes: ByteStream, tally: TestTally): Promise<void> {
  const reader = new Reader(tally);
  await readXml(bytes, reader);
  reader.end();
}

class Reader implements XmlHandler {
  readonly #tally: TestTally;
  readonly #suites: Suite[] = [];
  #case: Case | null = null;
  #inside = false;
  #announced: Declared | null = null;
  #announcedMs: number | null = null;
  #ms = 0;
  #reruns = 0;

  constructor(tally: TestTally) {
    this.#tally = tally;
  }

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && !ROOTS.has(name))
      throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <testsuites> or <testsuite>`);
    if (name === 'testcase') return this.#openCase(attributes);
    if (name === 'testsuite') return this.#openSuite(attributes);
    if (name === 'testsuites') {
      this.#announced ??= declaredIn(attributes);
      this.#announcedMs ??= secondsToMs(attributes['time']);
      return;
    }
    if (RERUNS.has(name)) this.#rerun();
    const ending = ENDINGS.get(name);
    if (ending !== undefined) this.#end(ending, attributes);
    else if (this.#case !== null && (name === 'flakyFailure' || name === 'flakyError')) this.#case.flaky = true;
  }

  text(text: string): void {
    const test = this.#case;
    if (this.#inside && test !== null && test.text.length < TEXT) test.text += text.slice(0, TEXT - test.text.length);
  }

  close(name: string): void {
    this.#inside = false;
    if (name === 'testcase') this.#closeCase();
    else if (name === 'testsuite') this.#closeSuite();
  }

  end(): void {
    const bad = this.#announced === null ? 0 : this.#announced.failures + this.#announced.errors;
    if (bad > this.#tally.bad) this.#tally.lacks(`the report announces ${bad} failures and shows ${this.#tally.bad}`);
    // Attempts of one test are counted by some tools and not by others.
    this.#tally.announced('the report', this.#announced?.tests ?? null, this.#tally.total + this.#reruns);
    this.#tally.duration(this.#ms === 0 ? (this.#announcedMs ?? 0) : this.#ms);
  }

  #openSuite(attributes: Attributes): void {
    const outer = this.#suites.at(-1);
    if (outer !== undefined) outer.nested = true;
    this.#suites.push({
      declared: declaredIn(attributes),
      count: { passed: 0, failed: 0, errored: 0, skipped: 0 },
      reruns: 0,
      ms: secondsToMs(attributes['time']),
      casesMs: 0,
      nested: false,
      name: attributes['name'] ?? '',
    });
  }

  #openCase(attributes: Attributes): void {
    if (this.#case !== null) throw new ReportFault('a <testcase> stands inside another');
    this.#case = { attributes, outcome: statusOf(attributes), flaky: false, ended: false, message: '', text: '' };
  }

  /** Surefire counts each attempt of a test as a test of its suite. */
  #rerun(): void {
    const suite = this.#suites.at(-1);
    if (suite !== undefined) suite.reruns++;
    this.#reruns++;
  }

  #end(ending: Outcome, attributes: Attributes): void {
    const test = this.#case;
    if (test !== null) {
      if (RANK[ending] > RANK[test.outcome]) test.outcome = ending;
      // The first word of a test is kept.
      this.#inside = !test.ended;
      if (!test.ended) test.message = attributes['message'] ?? '';
      test.ended = true;
    } else if (ending === 'failed' || ending === 'errored') {
      const suite = this.#suites.at(-1);
      const how = { outcome: ending, name: suite?.name ?? '', suite: suite?.name ?? '', message: attributes['message'] ?? null, ms: null };
      this.#tally.case(how);
      // Outside of its cases: it is not one of the tests that the suite counts.
      if (suite !== undefined) suite.reruns++;
    }
  }

  #closeCase(): void {
    const test = this.#case;
    this.#case = null;
    if (test === null) return;
    const { attributes, outcome, flaky, message, text } = test;
    const suite = this.#suites.at(-1);
    const ms = secondsToMs(attributes['time']);
    this.#tally.case({
      outcome,
      name: attributes['name'] ?? attributes['testname'] ?? '',
      suite: attributes['classname'] ?? attributes['class'] ?? suite?.name ?? '',
      file: attributes['file'] ?? null,
      message,
      text,
      ms,
      flaky,
    });
    if (suite === undefined) {
      this.#ms += ms ?? 0;
      return;
    }
    suite.count[outcome]++;
    suite.casesMs += ms ?? 0;
  }

  #closeSuite(): void {
    const suite = this.#suites.pop();
    if (suite === undefined) return;
    const { declared, count, reruns, nested } = suite;
    const shown = count.passed + count.failed + count.errored + count.skipped;
    this.#tally.suite();
    if (!nested || shown > 0) this.#ms += nested ? suite.casesMs : (suite.ms ?? suite.casesMs);
    if (nested) return;
    const lacking = declared.tests - shown - reruns;
    if (lacking > 0) {
      this.#tally.lacks(
        `suite ${JSON.stringify(suite.name.slice(0, 80))} announces ${declared.tests} tests and shows ${shown}: it is not complete`,
      );
      this.#unshown(suite, lacking);
    } else {
      const hidden = declared.failures + declared.errors - count.failed - count.errored - reruns;
      this.#tally.unshown('errored', hidden);
    }
  }

  /** The tests that a suite announces and does not show, as it says that they ended. */
  #unshown({ declared, count }: Suite, lacking: number): void {
    let left = lacking;
    for (const [outcome, said] of [
      ['failed', declared.failures],
      ['errored', declared.errors],
      ['skipped', declared.skipped],
    ] as const) {
      const more = Math.min(left, Math.max(0, said - count[outcome]));
      this.#tally.unshown(outcome, more);
      left -= more;
    }
    this.#tally.unshown('passed', left);
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
const SKIPPED = new Set(['notrun', 'skipped', 'skip', 'suppressed', 'disabled', 'ignored', 'pending']);

/** Some tools say by attribute what others say by a child element. */
function statusOf(attributes: Attributes): Outcome {
  let outcome: Outcome = attributes['skipped'] === 'true' ? 'skipped' : 'passed';
  for (const said of [attributes['status'], attributes['result']]) {
    if (said === undefined) continue;
    const word = said.toLowerCase();
    if (word === 'error' || word === 'errored') return 'errored';
    if (word === 'failed' || word === 'failure' || word === 'fail') outcome = 'failed';
    else if (SKIPPED.has(word) && outcome === 'passed') outcome = 'skipped';
  }
  return outcome;
}

function declaredIn(attributes: Attributes): Declared {
  const count = (name: string): number => wholeNumber(attributes[name]) ?? 0;
  const skipped = count('skipped') || count('skips') || count('skip');
  return { tests: count('tests'), failures: count('failures'), errors: count('errors'), skipped };
}
