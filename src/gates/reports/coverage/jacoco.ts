import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { wholeNumber } from '../text.ts';
import type { Attributes, XmlHandler } from '../xml.ts';
import { readXml } from '../xml.ts';
import { CoverageTally } from './tally.ts';

const DOCTYPES = [
  /^report\s+PUBLIC\s+(["'])-\/\/JACOCO\/\/DTD Report 1\.[01]\/\/EN\1\s+(["'])(?:https?:\/\/www\.jacoco\.org\/jacoco\/trunk\/coverage\/)?report\.dtd\2$/,
  /^report\s+SYSTEM\s+(["'])https?:\/\/www\.jacoco\.org\/jacoco\/trunk\/coverage\/report\.dtd\1$/,
];

/**
 * JaCoCo's XML (DTD 1.0 and 1.1). What counts is each `<line nr mi ci mb cb>` of a source file: covered where one of its
 * instructions ran. A file without lines (no debug information), or whose lines say nothing of instructions (gcovr's), is
 * counted by its LINE and BRANCH counters, less what they count twice of a line with several functions.
 */
export async function readJacoco(bytes: ByteStream): Promise<CoverageCounts> {
  const reader = new Files();
  await readXml(bytes, reader, DOCTYPES);
  return reader.tally.counts();
}

type Lines = { readonly seen: Set<number>; entries: number; told: boolean; counter: Attributes | null };

class Files implements XmlHandler {
  readonly tally = new CoverageTally();
  #package = '';
  #groups: string[] = [];
  #file: string | null = null;
  #lines: Lines = { seen: new Set(), entries: 0, told: false, counter: null };

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && name !== 'report') throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <report> of JaCoCo`);
    if (name === 'group') this.#groups.push(attributes['name'] ?? '');
    else if (name === 'package') this.#package = attributes['name'] ?? '';
    else if (name === 'sourcefile') {
      this.#file = [...this.#groups, this.#package, attributes['name'] ?? ''].join('/');
      this.#lines = { seen: new Set(), entries: 0, told: false, counter: null };
      this.tally.file(this.#file);
    } else if (name === 'line' && this.#file !== null) this.#line(this.#file, attributes);
    else if (name === 'counter' && this.#file !== null && attributes['type'] === 'LINE') this.#lines.counter = attributes;
  }

  close(name: string): void {
    if (name === 'group') this.#groups.pop();
    if (name !== 'sourcefile' || this.#file === null) return;
    if (!this.#lines.told) this.#believe(this.#file, this.#lines);
    this.#file = null;
  }

  #line(file: string, attributes: Attributes): void {
    const count = (key: string): number => wholeNumber(attributes[key]) ?? 0;
    const number = wholeNumber(attributes['nr']);
    if (number === null) throw new ReportFault('a <line> has no number');
    this.#lines.entries++;
    this.#lines.seen.add(number);
    const [missed, covered] = [count('mi'), count('ci')];
    if (missed + covered > 0) {
      this.#lines.told = true;
      this.tally.line(file, number, covered > 0);
    }
    this.tally.branches(file, number, count('cb'), count('mb') + count('cb'));
  }

  #believe(file: string, { seen, entries, counter }: Lines): void {
    const missed = wholeNumber(counter?.['missed']) ?? 0;
    const covered = wholeNumber(counter?.['covered']) ?? 0;
    const total = Math.max(0, missed + covered - (entries - seen.size));
    this.tally.unplaced(file, Math.min(covered, total), total);
  }
}
