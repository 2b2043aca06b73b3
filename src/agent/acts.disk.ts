import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Act, ActResult } from '../contract/agent.ts';
import { readLog, remember, slotKey, type LogLine, type Memory } from './acts.ts';

/** The agent's append-only act log: `acts.jsonl` in its state folder, every line on the disk before the next thing happens. */
export type ActLog = {
  memory(): Memory;
  begin(act: Act, breakGlass?: boolean): void;
  end(act: Act, result: ActResult, breakGlass?: boolean): void;
  refused(act: Act, result: ActResult): void;
  close(): void;
};

/** Opens the log and cuts off a last line that a crash left unfinished. */
export function openActLog(state: string): ActLog {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const path = join(state, 'acts.jsonl');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let { memory } = readLog(text);
  const file = openSync(path, 'a', 0o600);
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
  };
  return {
    memory: () => memory,
    begin: (act, breakGlass = false) => write('begin', act, null, breakGlass),
    end: (act, result, breakGlass = false) => write('end', act, result, breakGlass),
    refused: (act, result) => write('refused', act, result, false),
    close: () => closeSync(file),
  };
}
