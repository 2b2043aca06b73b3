import type { ByteStream, CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { wholeNumber } from '../text.ts';
import type { Attributes, XmlHandler } from '../xml.ts';
import { readXml } from '../xml.ts';
import { CoverageTally } from './tally.ts';

/** Hidden lines of a program database: no line of a source. */
const HIDDEN = 0xfeefee;

/**
 * OpenCover's XML (also AltCover's and Coverlet's). A sequence point is on the line that it begins in (`sl`), covered
 * where one of the line was visited (`vc`); a branch point is one way out of a place. Modules that were skipped count
 * nothing; summaries are not believed.
 */
export async function readOpenCover(bytes: ByteStream): Promise<CoverageCounts> {
  const reader = new Points();
  await readXml(bytes, reader);
  return reader.tally.counts();
}

class Points implements XmlHandler {
  readonly tally = new CoverageTally();
  #files = new Map<string, string>();
  #method: string | null = null;
  #methods = 0;
  #skipped = false;

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1 && name !== 'CoverageSession')
      throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <CoverageSession>`);
    if (name === 'Module') {
      this.#files = new Map();
      this.#skipped = attributes['skippedDueTo'] !== undefined;
    } else if (name === 'File') {
      const path = attributes['fullPath'] ?? '';
      this.#files.set(attributes['uid'] ?? '', path);
      if (!this.#skipped) this.tally.file(path);
    } else if (name === 'Method') {
      this.#methods++;
      this.#method = null;
    } else if (name === 'FileRef') this.#method = attributes['uid'] ?? null;
    else if ((name === 'SequencePoint' || name === 'BranchPoint') && !this.#skipped) this.#point(name, attributes);
  }

  close(name: string): void {
    if (name === 'Module') this.#skipped = false;
  }

  #point(name: string, attributes: Attributes): void {
    const visited = attributes['vc'];
    const line = wholeNumber(attributes['sl']);
    // A point without a line is one of generated code.
    if (line === null || line === HIDDEN || line === 0) return;
    if (visited === undefined || !/^\d{1,20}$/.test(visited)) throw new ReportFault(`a <${name}> does not say how often it was visited`);
    const id = attributes['fileid'] ?? this.#method ?? '';
    const file = this.#files.get(id) ?? id;
    if (name === 'SequencePoint') this.tally.line(file, line, Number(visited) > 0);
    else {
      const way = [
        this.#methods,
        attributes['offset'] ?? attributes['uspid'] ?? '',
        attributes['path'] ?? '',
        attributes['offsetend'] ?? '',
      ];
      this.tally.branch(file, line, way.join(','), Number(visited) > 0);
    }
  }
}
