import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the harness itself saw, one JSON line each, synchronously written: acknowledged commands, processes started and
 * ended, what a run must have printed. The outside checker compares the product with it.
 */
export type Journal = {
  readonly path: string;
  readonly note: (event: string, body: Readonly<Record<string, unknown>>) => void;
};

/** Opens the journal of a folder; lines are added to what is there. */
export function openJournal(folder: string): Journal {
  const path = join(folder, 'journal.jsonl');
  return {
    path,
    note: (event, body) => appendFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), event, ...body })}\n`),
  };
}
