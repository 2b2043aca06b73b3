import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import type { RouteShape } from '../contract/route.ts';
import { COMMAND_FILES } from './commands.ts';
import { EXIT } from './exit-codes.ts';
import { build, filesFor } from './main.ts';

const fresh = () => build(new AbortController().signal, { exit: EXIT.ok, json: false, printed: false });

function all(command: Command, path = 'ym'): { path: string; command: Command }[] {
  return [{ path, command }, ...command.commands.flatMap((one) => all(one, `${path} ${one.name()}`))];
}

test('every command says what it is, and so does each of its options', async () => {
  const wordless: string[] = [];
  for (const { path, command } of all(await fresh())) {
    if (command.description() === '') wordless.push(path);
    for (const option of command.options) if (!option.hidden && option.description === '') wordless.push(`${path} ${option.flags}`);
  }
  expect(wordless).toEqual([]);
});

test('the help of every command fits 80 columns', async () => {
  const wide = all(await fresh()).flatMap(({ path, command }) =>
    command
      .configureHelp({ ...command.configureHelp(), helpWidth: 80 })
      .helpInformation()
      .split('\n')
      .filter((line) => [...line].length > 80)
      .map((line) => `${path}: ${line}`),
  );
  expect(wide).toEqual([]);
});

test('the table of first words is what the files add: no word loads in vain, none is missing', async () => {
  const signal = new AbortController().signal;
  for (const file of COMMAND_FILES) {
    const program = await build(signal, { exit: EXIT.ok, json: false, printed: false }, [file]);
    expect(program.commands.map((one) => one.name()).filter((name) => name !== 'help')).toEqual(file.words);
  }
  const words = COMMAND_FILES.flatMap((file) => file.words);
  expect(new Set(words).size).toBe(words.length);
});

test.each([
  [['approve', 'shop'], ['approve']],
  [['--url', 'http://run', '--json', 'approve', 'shop'], ['approve']],
  [['--token', 'status', 'verify', 'x'], ['verify']],
])('%j loads only the file of its command', (argv, words) => {
  expect(filesFor(argv).map((file) => file.words.includes(words[0] ?? ''))).toEqual([true]);
});

test.each([[[]], [['--help']], [['help', 'run']], [['aprove']], [['completion', 'bash']]])('%j loads all', (argv) => {
  expect(filesFor(argv)).toBe(COMMAND_FILES);
});

/** Who calls these is no person: runners, agents, forges and monitoring. */
const MACHINE_ONLY = [
  'POST /v1/agent/acts/{act}/finish',
  'POST /v1/agent/acts/{act}/heartbeat',
  'GET /v1/agent/acts/{act}/artifact',
  'POST /v1/agent/break-glass',
  'POST /v1/agent/restored/{restore}',
  'POST /v1/agent/claim',
  'POST /v1/agent/deployments/{deployment}/samples',
  'POST /v1/agents',
  'POST /v1/hooks/git/{hook}',
  'POST /v1/hooks/in/{hook}',
  'POST /v1/cdevents',
  'POST /v1/hooks/incidents/{hook}',
  'POST /v1/hooks/slack/{connection}',
];

/** What only a page asks. */
const SCREEN_ONLY: readonly string[] = [
  'POST /v1/sessions/current/confirm',
  // What a browser does on its way to a provider and back.
  'GET /v1/sign-in',
  'POST /v1/sign-in/{provider}/begin',
  'POST /v1/sign-in/finish',
  'POST /v1/sign-in/terminal/look',
  'POST /v1/sign-in/terminal/approve',
  'POST /v1/sessions/current/provider',
  'POST /v1/sessions/current/provider/confirm',
  'POST /v1/sessions/current/provider/link',
  // Links of mails.
  'POST /v1/notify/open',
  'POST /v1/notify/unsubscribe/{link}',
  'POST /v1/setup/look',
  'GET /v1/me/delegates',
  'GET /v1/evidence/find',
  'GET /v1/deployments/{deployment}/comparison',
  'GET /v1/release-board',
  'GET /v1/releases/{release}/page',
  'GET /v1/yard',
  'GET /v1/yard/cells/{service}/{environment}',
  'GET /v1/services/{service}/overview',
  'GET /v1/yard/environments',
  'GET /v1/yard/environments/{environment}',
  // A page asks for the lines in sight; ym reads the whole log.
  'GET /v1/jobs/{job}/log.txt',
  'GET /v1/jobs/{job}/log/lines',
  'GET /v1/jobs/{job}/log/search',
  'GET /v1/live',
  'GET /v1/reports/{report}/failed-tests',
];

test('every route of the contract is within reach of ym, but for those of machines', async () => {
  const routes = new Map<string, RouteShape>();
  const folder = join(import.meta.dirname, '../contract');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))) {
    const module = (await import(join(folder, file))) as Record<string, unknown>;
    for (const [name, value] of Object.entries(module)) if (isRoute(value)) routes.set(name, value);
  }
  expect(routes.size).toBeGreaterThan(80);
  const text = sources(import.meta.dirname);
  const unreached = [...routes]
    .filter(([name, route]) => route.access.kind !== 'runner' && !new RegExp(`\\b${name}\\b`).test(text))
    .map(([, route]) => `${route.method} ${route.path}`);
  expect(unreached.filter((one) => one !== 'POST /v1/runners').toSorted()).toEqual([...MACHINE_ONLY, ...SCREEN_ONLY].toSorted());
});

function isRoute(value: unknown): value is RouteShape {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'access' in value;
}

/** All code of ym without its imports and comments: a name in there is a name that is used. */
function sources(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
    .replaceAll(/^import [\s\S]*?from '[^']+';$/gm, '')
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

test('what every command pays for at its start stays small: no contract of a slice, no prompts, no parsers', () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';$/gm)) {
      if (from.startsWith('.')) walk(join(dirname(file), from));
      else if (!from.startsWith('node:')) packages.add(from);
    }
  };
  walk(join(import.meta.dirname, 'main.ts'));
  expect([...packages].toSorted()).toEqual(['commander', 'zod']);
  const src = join(import.meta.dirname, '..');
  const contracts = [...seen].map((file) => relative(src, file)).filter((file) => file.startsWith('contract/'));
  expect(contracts.toSorted()).toEqual(['contract/common.ts', 'contract/protocol.ts', 'contract/route.ts']);
});
