import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { wholeNumber } from '../text.ts';
import type { Attributes, XmlHandler } from '../xml.ts';
import { readXml } from '../xml.ts';
import { CoverageTally } from './tally.ts';

/**
 * Clover's XML (OpenClover, PHPUnit, Istanbul, gcovr). What counts is each `<line num type>` of a file: statements,
 * conditions and methods are lines; a condition has two branches, of which `truecount` and `falsecount` say which were
 * taken. Metrics are not believed. The tests' own sources (`<testproject>`) are no product.
 */
export async function readClover(bytes: ByteStream): Promise<CoverageCounts> {
  const reader = new Files();
  await readXml(bytes, reader);
  return reader.tally.counts();
}

class Files implements XmlHandler {
  readonly tally = new CoverageTally();
  #package = '';
  #file: string | null = null;
  #tests = false;

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && name !== 'coverage') throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <coverage>`);
    if (name === 'testproject') this.#tests = true;
    else if (name === 'package') this.#package = attributes['name'] ?? '';
    else if (name === 'file' && !this.#tests) {
      this.#file = attributes['path'] ?? `${this.#package}/${attributes['name'] ?? ''}`;
      this.tally.file(this.#file);
    } else if (name === 'line' && this.#file !== null) this.#line(this.#file, attributes);
  }

  close(name: string): void {
    if (name === 'testproject') this.#tests = false;
    if (name === 'file') this.#file = null;
  }

  #line(file: string, attributes: Attributes): void {
    const number = wholeNumber(attributes['num']);
    if (number === null) throw new ReportFault('a <line> has no number');
    const hits = (key: string): number => wholeNumber(attributes[key]) ?? 0;
    const [yes, no] = [hits('truecount'), hits('falsecount')];
    this.tally.line(file, number, hits('count') > 0 || yes > 0 || no > 0);
    if (attributes['type'] !== 'cond') return;
    this.tally.branch(file, number, 'true', yes > 0);
    this.tally.branch(file, number, 'false', no > 0);
  }
}
