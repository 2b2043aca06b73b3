import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { decodeText, linesOf } from '../text.ts';
import { CoverageTally } from './tally.ts';

const BLOCK = /^(.{1,4000}):(\d{1,9})\.\d{1,9},(\d{1,9})\.\d{1,9} (\d{1,9}) (\d{1,19})$/;
const LONGEST = 100_000;

/**
 * Go's cover profile (`go test -coverprofile`): `mode:` first, then one block in a line. Go counts statements and says
 * only where blocks begin and end: the lines of a block are its lines, covered where one block on them ran. Profiles of
 * several packages one after another repeat the mode.
 */
export async function readGoCover(bytes: ByteStream): Promise<CoverageCounts> {
  const tally = new CoverageTally();
  let number = 0;
  let begun = false;
  for await (const raw of linesOf(decodeText(bytes))) {
    number++;
    const line = raw.trim();
    if (line === '') continue;
    if (/^mode: (?:set|count|atomic)$/.test(line)) {
      begun = true;
      continue;
    }
    const [, file, from, to, statements, hits] = BLOCK.exec(line) ?? [];
    const place = { place: { line: number, column: 1 } };
    if (!begun || file === undefined) throw new ReportFault(`line ${number} is no block of a cover profile`, 'unreadable', place);
    const [first, last] = [Number(from), Number(to)];
    if (last < first || last - first > LONGEST)
      throw new ReportFault(`the block in line ${number} ends where none can`, 'unreadable', place);
    tally.file(file);
    if (Number(statements) === 0) continue;
    for (let at = first; at <= last; at++) tally.line(file, at, Number(hits) > 0);
  }
  return tally.counts();
}
