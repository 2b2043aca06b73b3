import { clip, type ByteStream } from './model.ts';
import { readXml, type Attributes, type XmlHandler } from './xml.ts';

/** One test that did not pass, for people: what it is called and what it said. */
export type FailedTest = {
  readonly name: string;
  readonly suite: string;
  readonly file: string | null;
  readonly how: 'failed' | 'errored';
  readonly message: string;
  /** What the tool wrote inside the element: a comparison, a stack. Cut at 4,000 characters. */
  readonly text: string;
  readonly durationMs: number | null;
};

const TEXT = 4000;

/**
 * The tests of a JUnit report that did not pass, the first `most` of them, and how many there are. For screens only:
 * what counts is what `readJunit` counts.
 */
export async function failedTests(bytes: ByteStream, most: number): Promise<{ items: FailedTest[]; total: number }> {
  const found = new Failures(most);
  await readXml(bytes, found);
  return { items: found.items, total: found.total };
}

class Failures implements XmlHandler {
  readonly items: FailedTest[] = [];
  total = 0;
  readonly #most: number;
  readonly #suites: string[] = [];
  #case: Attributes | null = null;
  #ending: { how: FailedTest['how']; message: string } | null = null;
  #inside = false;
  #text = '';

  constructor(most: number) {
    this.#most = most;
  }

  open(name: string, attributes: Attributes): void {
    if (name === 'testsuite') this.#suites.push(attributes['name'] ?? '');
    else if (name === 'testcase') this.#begin(attributes);
    else if (this.#case !== null && (name === 'failure' || name === 'error')) {
      // The first word of a test is kept; one that errors after it failed has errored.
      this.#inside = this.#ending === null;
      const how = name === 'error' ? 'errored' : (this.#ending?.how ?? 'failed');
      this.#ending = { how, message: this.#ending?.message ?? attributes['message'] ?? '' };
    }
  }

  text(text: string): void {
    if (this.#inside && this.#text.length < TEXT) this.#text += text.slice(0, TEXT - this.#text.length);
  }

  close(name: string): void {
    if (name === 'testsuite') this.#suites.pop();
    else if (name === 'testcase') this.#end();
    else if (name === 'failure' || name === 'error') this.#inside = false;
  }

  #begin(attributes: Attributes): void {
    this.#case = attributes;
    this.#ending = null;
    this.#text = '';
  }

  #end(): void {
    const [test, ending] = [this.#case, this.#ending];
    this.#case = null;
    if (test === null || ending === null) return;
    this.total += 1;
    if (this.items.length >= this.#most) return;
    const seconds = Number(test['time']);
    this.items.push({
      name: clip(test['name'] ?? '', 500),
      suite: clip(test['classname'] ?? this.#suites.at(-1) ?? '', 500),
      file: test['file'] === undefined ? null : clip(test['file'], 500),
      how: ending.how,
      message: clip(ending.message, 1000),
      text: this.#text.replaceAll(/[^\P{Cc}\n\t]/gu, '').trim(),
      durationMs: Number.isFinite(seconds) && seconds >= 0 && seconds < 1e9 ? Math.round(seconds * 1000) : null,
    });
  }
}
