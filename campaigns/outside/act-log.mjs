// The agent's log of its acts: acts.jsonl, and older files acts.N.jsonl (the highest is the oldest) where it was turned over.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every line, oldest first, each once: what was carried over into a newer file (`kept`) stands in the older one too. */
export function actLog(agent) {
  const all = [];
  for (let at = 99; at >= 0; at -= 1) {
    const path = join(agent, at === 0 ? 'acts.jsonl' : `acts.${at}.jsonl`);
    if (at > 0 && !existsSync(path)) continue;
    const lines = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
    all.push(...lines.filter((line) => line.kept !== true || all.length === 0));
  }
  return all;
}
