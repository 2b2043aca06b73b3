// Every claim of claims.json names the test file or command that shows it: it must exist, and hold a test of that name.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

const KINDS = new Set(['real', 'recorded', 'none']);
const { claims } = JSON.parse(readFileSync(join(root, 'claims.json'), 'utf8'));
const wrong = [];
for (const { claim, shown, by } of claims) {
  if (!KINDS.has(shown)) wrong.push(`"${claim}": shown is ${shown}, not real, recorded or none`);
  if (shown === 'none') continue;
  const [file, ...rest] = by.split(' :: ');
  if (!existsSync(join(root, file))) wrong.push(`"${claim}": ${file} is not there`);
  else if (rest.length > 0 && !readFileSync(join(root, file), 'utf8').includes(rest.join(' :: ')))
    wrong.push(`"${claim}": ${file} holds no test "${rest.join(' :: ')}"`);
}
if (claims.length === 0) wrong.push('there are no claims');
for (const line of wrong) process.stderr.write(`${line}\n`);
process.exit(wrong.length === 0 ? 0 : 1);
