import { CoverageTally } from './tally.ts';
import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { wholeNumber } from '../text.ts';
import type { Attributes, XmlHandler } from '../xml.ts';
import { readXml } from '../xml.ts';

/** The declaration that Cobertura, coverage.py, gcovr and Istanbul write. Its address is never visited. */
const DOCTYPES = [
  /^coverage\s+SYSTEM\s+(["'])https?:\/\/cobertura\.(?:sourceforge\.net|github\.io\/cobertura)\/xml\/coverage-(?:loose|0[1-9])\.dtd\1$/,
];

const CONDITION = /^\s*\d{1,3}(?:\.\d+)?%\s*\((\d{1,9})\/(\d{1,9})\)\s*$/;

/**
 * Cobertura's XML. What counts is each `<line>` of each `<class>`, by file name and number; lines under `<methods>`
 * repeat them. The totals in the root's attributes are not believed. `condition-coverage="50% (1/2)"` counts branches.
 */
export async function readCobertura(bytes: ByteStream): Promise<CoverageCounts> {
  const reader = new Classes();
  await readXml(bytes, reader, DOCTYPES);
  return reader.tally.counts();
}

class Classes implements XmlHandler {
  readonly tally = new CoverageTally();
  #file: string | null = null;

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && name !== 'coverage') throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <coverage>`);
    if (name === 'class') {
      this.#file = attributes['filename'] ?? attributes['name'] ?? '';
      this.tally.file(this.#file);
    } else if (name === 'line' && this.#file !== null) this.#line(this.#file, attributes);
  }

  close(name: string): void {
    if (name === 'class') this.#file = null;
  }

  #line(file: string, attributes: Attributes): void {
    const number = wholeNumber(attributes['number']);
    const hits = attributes['hits'];
    if (number === null || hits === undefined || !/^-?\d{1,40}$/.test(hits)) throw new ReportFault('a <line> has no number or no hits');
    this.tally.line(file, number, Number(hits) > 0);
    if (attributes['branch']?.toLowerCase() !== 'true') return;
    const condition = attributes['condition-coverage'];
    if (condition === undefined) return;
    const [, covered, total] = CONDITION.exec(condition) ?? [];
    const [done, all] = [wholeNumber(covered), wholeNumber(total)];
    if (done === null || all === null) throw new ReportFault(`condition-coverage can't be read: ${condition.slice(0, 60)}`);
    this.tally.branches(file, number, done, all);
  }
}
