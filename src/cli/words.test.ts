import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from './main.ts';
import { REMEDIES, wordsOf } from './words.ts';

/** Met by who calls the API, or by a machine: never by a command of ym. */
const FOR_PROGRAMS: string[] = ['pipelines.bad-registration'];

const src = join(import.meta.dirname, '..');

test('each remedy is of a problem that exists, and names commands that exist', async () => {
  const known = new Set<string>();
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.problems.ts')))
    for (const [, code] of readFileSync(join(src, file), 'utf8').matchAll(/'([a-z]+\.[a-z-]+)'/g)) known.add(code ?? '');
  expect(Object.keys(REMEDIES).filter((code) => !known.has(code))).toEqual([]);

  const program = await build(new AbortController().signal, { exit: 0, json: false, printed: false });
  for (const remedy of Object.values(REMEDIES)) {
    for (const [, words = ''] of remedy.matchAll(/\bym ([a-z-]+(?: [a-z-]+)?)/g)) {
      const [first = '', second] = words.split(' ');
      const group = program.commands.find((one) => one.name() === first);
      expect(group, `ym ${first}`).toBeDefined();
      if (second !== undefined && (group?.commands.length ?? 0) > 0)
        expect(
          group?.commands.map((one) => one.name()),
          `ym ${words}`,
        ).toContain(second);
    }
  }
});

test('a remedy that speaks of an address of the API has words of ym beside it, but where only machines or programs meet it', () => {
  const raw: string[] = [];
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.problems.ts'))) {
    const text = readFileSync(join(src, file), 'utf8');
    for (const [, code = '', remedy = ''] of text.matchAll(/defineProblem[^(]*\(\s*'([a-z.-]+)'[\s\S]*?remedy:\s*(.*(?:\n\s+'.*)?)/g))
      if (/(GET|POST|PUT|DELETE) \/v1/.test(remedy) && !Object.hasOwn(REMEDIES, code)) raw.push(code);
  }
  expect(raw.toSorted()).toEqual(FOR_PROGRAMS);
});

test('fields of the wire are told as what was typed; other problems stay as they came', () => {
  const data = {
    errors: [
      { place: 'body.expiresInDays', message: 'too big' },
      { place: 'params.run', message: 'an id' },
    ],
  };
  expect(wordsOf({ code: 'platform.bad-request', sentence: 's', remedy: 'r', data }, 'ym token create --help')).toEqual({
    sentence: 'This can not be sent like that:\n  expires in days: too big\n  run: an id',
    remedy: 'See: ym token create --help',
  });
  expect(wordsOf({ code: 'a.b', sentence: 's', remedy: 'r', data: {} }, 'h')).toEqual({ sentence: 's', remedy: 'r' });
});
