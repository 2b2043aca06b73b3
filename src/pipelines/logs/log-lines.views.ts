import { LINE_LIMIT, LINES_LIMIT, type LogLines } from '../../contract/logs.ts';
import type { Floor } from '../../platform/floor.ts';
import { wholeCharacters } from './append.ts';
import { BLOCK } from './log-index.ts';
import { openLog, type LogSource } from './log-source.views.ts';

export type LinesQuestion = {
  readonly job: string;
  readonly attempt?: number | undefined;
  readonly from: number;
  readonly tail?: number | undefined;
  readonly count: number;
  readonly waitMs: number;
  readonly bytes?: number | undefined;
};

/** Text of one answer; a line that does not fit any more is left to the next. */
const TEXT_LIMIT = 1024 ** 2;
const BREAK = 0x0a;

/** Lines of a log; waits up to `waitMs` for it to differ from `bytes` bytes. */
export async function followLines(floor: Floor, org: string, question: LinesQuestion, signal?: AbortSignal): Promise<LogLines> {
  const watch = floor.bus.watch([`log:${question.job}`, `job:${question.job}`], signal);
  const deadline = performance.now() + question.waitMs;
  try {
    for (;;) {
      const source = await openLog(floor, org, question.job, question.attempt);
      const left = deadline - performance.now();
      if (source.bytes !== question.bytes || source.ended || left <= 0 || signal?.aborted === true) return await answer(source, question);
      await watch.next(left);
    }
  } finally {
    watch.close();
  }
}

async function answer(source: LogSource, { from, tail, count }: LinesQuestion): Promise<LogLines> {
  const first = tail === undefined ? from : Math.max(1, source.total - tail + 1);
  const { lines, cut } = await takeLines(source, first, tail === undefined ? count : Math.min(tail, LINES_LIMIT));
  return { attempt: source.attempt, from: first, lines, cut, total: source.total, bytes: source.bytes, ended: source.ended };
}

/**
 * At most `count` lines from line `first` (1 is the first), as many as fit into a MiB of text. What a line has beyond
 * 16 KiB is left out and counted in `cut`; it is jumped over, not read.
 */
export async function takeLines(
  source: LogSource,
  first: number,
  count: number,
): Promise<{ lines: string[]; cut: Record<string, number> }> {
  const lines: string[] = [];
  const cut: Record<string, number> = {};
  if (first > source.total) return { lines, cut };
  const anchor = await source.anchor(first - 1);
  let skip = first - 1 - anchor.before;
  let at = anchor.at;
  let text = 0;
  let line = newLine();
  const end = (): boolean => {
    const shown = line.left === 0 ? line.kept : wholeCharacters(line.kept);
    const number = first + lines.length;
    if (line.left > 0) cut[number] = line.left + line.kept.length - shown.length;
    lines.push(Buffer.from(shown).toString('utf8'));
    text += shown.length;
    line = newLine();
    return lines.length >= count || text >= TEXT_LIMIT;
  };
  for (let chunk = await source.read(at); chunk.length > 0; chunk = await source.read(at)) {
    for (let from = 0; from < chunk.length;) {
      const found = chunk.indexOf(BREAK, from);
      const to = found === -1 ? chunk.length : found;
      if (skip === 0) line.add(chunk.subarray(from, to));
      if (found !== -1 && skip > 0) skip -= 1;
      else if (found !== -1 && end()) return { lines, cut };
      from = to + 1;
    }
    at += chunk.length;
    if (line.left > BLOCK) at += line.pass(await passOver(source, first + lines.length, at));
  }
  if (line.kept.length > 0 || line.left > 0) end();
  return { lines, cut };
}

/** How many bytes of the line with this number may be jumped over from `at` on. */
async function passOver(source: LogSource, number: number, at: number): Promise<number> {
  if (number >= source.total) return Math.max(0, source.bytes - 1 - at);
  return Math.max(0, (await source.anchor(number)).at - at);
}

type Line = { kept: Uint8Array; left: number; add(bytes: Uint8Array): void; pass(bytes: number): number };

function newLine(): Line {
  return {
    kept: Buffer.alloc(0),
    left: 0,
    add(bytes) {
      const room = LINE_LIMIT - this.kept.length;
      this.kept = Buffer.concat([this.kept, bytes.subarray(0, room)]);
      this.left += Math.max(0, bytes.length - room);
    },
    pass(bytes) {
      this.left += bytes;
      return bytes;
    },
  };
}
