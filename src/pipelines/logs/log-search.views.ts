import { setImmediate as others } from 'node:timers/promises';
import { RE2JS } from 're2js';
import type { LogHits } from '../../contract/logs.ts';
import type { Floor } from '../../platform/floor.ts';
import { badPattern } from '../pipelines.problems.ts';
import { openLog, type LogSource } from './log-source.views.ts';

export type Search = {
  readonly job: string;
  readonly attempt?: number | undefined;
  readonly q: string;
  readonly kind: 'text' | 'regex';
  readonly capitals: 'yes' | 'no';
  readonly from: number;
  readonly limit: number;
  readonly with: 'numbers' | 'beginnings';
};

/** One request searches for so long; what is left is for the next. */
const TIME_MS = 1500;
/** A pattern looks at so much of a line. */
const LINE_CHARACTERS = 20_000;
/** After so long other requests have their turn. */
const TURN_MS = 8;
const BREAK = 0x0a;
/** Colours: people search for what they see. */
const SGR = /\u001b\[[0-9;:]*m/g;

/** Numbers of the lines that hold what is searched for. Linear in the log, bounded in time, memory and answer. */
export async function searchLog(floor: Floor, org: string, search: Search, signal?: AbortSignal): Promise<LogHits> {
  const fits = matcher(search);
  const source = await openLog(floor, org, search.job, search.attempt);
  const { lines, beginnings, next } = await scan(source, search, fits, performance.now() + TIME_MS, signal);
  return { attempt: source.attempt, lines, beginnings, next, total: source.total, ended: source.ended };
}

/** Whether a line fits. Regular expressions are RE2: no pattern takes more than linear time. */
export function matcher({ q, kind, capitals }: Pick<Search, 'q' | 'kind' | 'capitals'>): (line: string) => boolean {
  if (kind === 'text') {
    const wanted = capitals === 'yes' ? q : q.toLowerCase();
    return (line) => (capitals === 'yes' ? line : line.toLowerCase()).includes(wanted);
  }
  try {
    const pattern = RE2JS.compile(q, capitals === 'yes' ? 0 : RE2JS.CASE_INSENSITIVE);
    return (line) => pattern.matcher(line.slice(0, LINE_CHARACTERS)).find();
  } catch (error) {
    throw badPattern({ why: error instanceof Error ? error.message.slice(0, 200) : 'it can not be read' });
  }
}

export async function scan(
  source: LogSource,
  { from, limit, with: what }: Pick<Search, 'from' | 'limit' | 'with'>,
  fits: (line: string) => boolean,
  deadline: number,
  signal?: AbortSignal,
): Promise<{ lines: number[]; beginnings: string[]; next: number | null }> {
  const lines: number[] = [];
  const beginnings: string[] = [];
  const anchor = await source.anchor(from - 1);
  let number = anchor.before + 1;
  let rest: Buffer = Buffer.alloc(0);
  let at = anchor.at;
  let turn = performance.now() + TURN_MS;
  while (at < source.bytes) {
    const chunk = await source.read(at);
    if (chunk.length === 0) break;
    at += chunk.length;
    const last = at >= source.bytes;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    // Lines end at a break; what stands behind the last one waits for its rest, but no line is collected without end.
    const cut = last ? bytes.length : bytes.lastIndexOf(BREAK) + 1;
    rest = bytes.subarray(cut);
    if (rest.length > 1024 ** 2) rest = rest.subarray(0, 1024 ** 2);
    for (const line of textLines(bytes.subarray(0, cut))) {
      if (number >= from && fits(line.includes('\u001b') ? line.replaceAll(SGR, '') : line)) {
        if (lines.length === limit) return { lines, beginnings, next: number };
        lines.push(number);
        if (what === 'beginnings') beginnings.push(line.slice(0, 200));
      }
      number += 1;
      if (number % 64 === 0 && performance.now() > turn) {
        await others();
        turn = performance.now() + TURN_MS;
      }
    }
    // A request that found no end of a line has no line to go on from.
    if (!last && number > Math.max(from, anchor.before + 1) && (performance.now() > deadline || signal?.aborted === true))
      return { lines, beginnings, next: Math.max(from, number) };
  }
  return { lines, beginnings, next: null };
}

function textLines(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const whole = bytes.at(-1) === BREAK ? bytes.subarray(0, -1) : bytes;
  return whole.toString('utf8').split('\n');
}
