import { CoverageTally } from './tally.ts';
import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { decodeText, linesOf, wholeNumber } from '../text.ts';

const RECORD = /^([A-Z]{2,10}):(.*)$/;

/**
 * LCOV's tracefiles (geninfo(1)): `SF:` opens a file, `DA:line,hits` and `BRDA:line,block,branch,hits` count,
 * `end_of_record` closes it. Summaries (`LF`, `LH`) are not believed: what counts are the lines. A file seen several
 * times (one section per test) is one file. A section without its end is a report cut short.
 */
export async function readLcov(bytes: ByteStream): Promise<CoverageCounts> {
  const tally = new CoverageTally();
  let file: string | null = null;
  let number = 0;
  let begun = false;
  for await (const raw of linesOf(decodeText(bytes))) {
    number++;
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line === 'end_of_record') {
      if (file === null) throw new ReportFault(`line ${number}: end_of_record without SF`);
      file = null;
      continue;
    }
    const [, tag, value = ''] = RECORD.exec(line) ?? [];
    if (tag === undefined) {
      // Between records a stray line counts nothing and hides nothing; inside one it could be a count cut in half.
      if (file === null && !['S', 'SF', 'T', 'TN'].includes(line)) continue;
      throw new ReportFault(`line ${number} is no LCOV record`);
    }
    begun = tag === 'TN' && file === null;
    if (tag === 'SF') {
      if (file !== null) throw new ReportFault(`line ${number}: SF before the end of the record before it`);
      file = value;
      tally.file(file);
    } else if (tag === 'DA' || tag === 'BRDA') count(tally, file, tag, value, number);
  }
  if (file !== null || begun) throw new ReportFault('the last record has no end: the report is cut short');
  return tally.counts();
}

function count(tally: CoverageTally, file: string | null, tag: 'DA' | 'BRDA', value: string, number: number): void {
  if (file === null) throw new ReportFault(`line ${number}: ${tag} outside a record`);
  const parts = value.split(',');
  const line = wholeNumber(parts[0]);
  // A branch may be named `e0` (exception) and its last part holds the hits; a line's checksum comes after its hits.
  const hits = hitsOf(tag === 'DA' ? parts[1] : parts.at(-1));
  if (line === null || hits === null || (tag === 'BRDA' && parts.length < 4)) throw new ReportFault(`line ${number}: ${tag} can't be read`);
  if (tag === 'DA') tally.line(file, line, hits > 0);
  else {
    tally.branch(file, line, parts.slice(1, -1).join(','), hits > 0);
    // A line whose branch was taken ran, whatever its own count says.
    if (hits > 0) tally.reached(file, line);
  }
}

/** Hits may be past 2^53 or in exponent form; `-` is a branch never reached; a negative count (a known defect of gcov) is none. */
function hitsOf(text: string | undefined): number | null {
  if (text === '-') return 0;
  if (text === undefined || !/^-?\d{1,40}(?:\.\d+)?(?:[eE]\+?\d{1,3})?$/.test(text)) return null;
  return Number(text);
}
