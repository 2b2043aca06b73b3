import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Act, ActResult } from '../contract/agent.ts';
import { carriedOver, readLog, remember, slotKey, type LogLine, type Memory } from './acts.ts';

/** The agent's append-only act log: `acts.jsonl` in its state folder, every line on the disk before the next thing happens. */
export type ActLog = {
  memory(): Memory;
  begin(act: Act, breakGlass?: boolean): void;
  end(act: Act, result: ActResult, breakGlass?: boolean): void;
  refused(act: Act, result: ActResult): void;
  close(): void;
};

/** A log larger than this is turned over when an act has ended; so many older files are kept, `acts.1.jsonl` the newest. */
const TURN_BYTES = 8 * 1024 ** 2;
const OLDER = 9;
/** The newest lines go over whatever they are: a server that came out of a backup asks for them. */
const RECENT = 1000;

/** Opens the log and cuts off a last line that a crash left unfinished. */
export function openActLog(state: string, turnBytes: number = TURN_BYTES): ActLog {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const path = join(state, 'acts.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let { memory } = readLog(text);
  let file = openSync(path, 'a', 0o600);
  tidyOlder(state);
  const whole = Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1));
  ftruncateSync(file, whole);
  fsyncSync(file);
  const write = (event: LogLine['event'], act: Act, result: ActResult | null, breakGlass: boolean): void => {
    const order = act.order;
    const line: LogLine = {
      at: new Date().toISOString(),
      event,
      act: act.act,
      deployment: act.deployment,
      slot: slotKey(act),
      token: act.token,
      phase: order.phase,
      digest: order.phase === 'start' ? order.digest : null,
      release: order.phase === 'start' ? order.release : null,
      result,
      breakGlass,
    };
    writeSync(file, `${JSON.stringify(line)}\n`);
    fsyncSync(file);
    memory = remember(memory, line);
    if (event === 'end' && fstatSync(file).size > turnBytes) {
      const turned = turnLog(state, turnBytes);
      closeSync(file);
      file = turned.file;
      memory = turned.memory;
    }
  };
  return {
    memory: () => memory,
    begin: (act, breakGlass = false) => write('begin', act, null, breakGlass),
    end: (act, result, breakGlass = false) => write('end', act, result, breakGlass),
    refused: (act, result) => write('refused', act, result, false),
    close: () => closeSync(file),
  };
}

function olderPath(state: string, generation: number): string {
  return join(state, `acts.${generation}.jsonl`);
}

/** A crash in the middle of a turn leaves the log under both names: then it has not been turned. */
function tidyOlder(state: string): void {
  rmSync(join(state, 'acts.jsonl.new'), { force: true });
  const newest = olderPath(state, 1);
  if (existsSync(newest) && statSync(newest).ino === statSync(join(state, 'acts.jsonl')).ino) rmSync(newest);
}

/** The log goes on in a new file that begins with what must be remembered; at no moment is there none, or half of one. */
function turnLog(state: string, turnBytes: number): { readonly file: number; readonly memory: Memory } {
  const path = join(state, 'acts.jsonl');
  const { lines } = readLog(readFileSync(path, 'utf8'));
  const text = carriedOver(lines, fitting(lines, turnBytes / 2))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
  const file = openSync(`${path}.new`, 'ax', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  rmSync(olderPath(state, OLDER), { force: true });
  for (let at = OLDER - 1; at >= 1; at -= 1)
    if (existsSync(olderPath(state, at))) renameSync(olderPath(state, at), olderPath(state, at + 1));
  linkSync(path, olderPath(state, 1));
  renameSync(`${path}.new`, path);
  const folder = openSync(state, 'r');
  fsyncSync(folder);
  closeSync(folder);
  return { file, memory: readLog(text).memory };
}

/** How many of the newest lines fit into `bytes`: a log that was just turned over must not be due again. */
function fitting(lines: readonly LogLine[], bytes: number): number {
  let left = bytes;
  const most = Math.min(RECENT, lines.length);
  for (let count = 0; count < most; count += 1) {
    left -= JSON.stringify(lines[lines.length - 1 - count]).length + 1;
    if (left < 0) return count;
  }
  return most;
}

/** Every line that is kept on this machine, oldest first, each once. */
export function readAllActs(state: string): LogLine[] {
  const lines: LogLine[] = [];
  for (let at = OLDER; at >= 0; at -= 1) {
    const path = at === 0 ? join(state, 'acts.jsonl') : olderPath(state, at);
    if (!existsSync(path)) continue;
    // What was carried over stands in an older file already, unless that one is gone by now.
    lines.push(...readLog(readFileSync(path, 'utf8')).lines.filter((line) => line.kept !== true || lines.length === 0));
  }
  return lines;
}
