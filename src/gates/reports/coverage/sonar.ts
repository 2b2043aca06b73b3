import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { readXml } from '../xml.ts';
import { CoverageTally } from './tally.ts';

/** SonarQube's generic coverage (`<coverage version="1"><file path><lineToCover lineNumber covered>`). */
export async function readSonarCoverage(bytes: ByteStream): Promise<CoverageCounts> {
  const tally = new CoverageTally();
  let file = '';
  await readXml(bytes, {
    open(name, attributes) {
      if (name === 'file') {
        file = attributes['path'] ?? '';
        tally.file(file);
      } else if (name === 'lineToCover') {
        const line = wholeNumber(attributes['lineNumber']);
        const covered = attributes['covered'];
        if (line === null || (covered !== 'true' && covered !== 'false'))
          throw new ReportFault('a <lineToCover> has no number, or does not say whether it is covered');
        tally.line(file, line, covered === 'true');
        tally.branches(file, line, wholeNumber(attributes['coveredBranches']) ?? 0, wholeNumber(attributes['branchesToCover']) ?? 0);
      }
    },
    close: () => undefined,
  });
  return tally.counts();
}
