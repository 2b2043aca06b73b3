import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storySchema, tell, type Outcome, type Story } from './support/story.ts';
import { makeWorld, type World } from './support/world.ts';

// The stories of this folder, told to a real server: every file is one, and each of its steps must come out as it says.

const stories: (readonly [string, Story])[] = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => [file, storySchema.parse(parse(readFileSync(join(import.meta.dirname, file), 'utf8')))]);

test('there are stories, and each step says what it is about', () => {
  expect(stories.length).toBeGreaterThanOrEqual(5);
  for (const [file, { steps }] of stories) {
    for (const step of steps) expect(step.given ?? step.when ?? step.then, `${file}: ${JSON.stringify(step)}`).toBeTruthy();
    expect(
      steps.some((step) => step.expect !== undefined),
      file,
    ).toBe(true);
  }
});

describe.each(stories)('%s', (_file, { name, steps }) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld();
  }, 600_000);
  afterAll(async () => {
    await world.close();
  }, 600_000);

  test(
    name,
    async () => {
      const kept = new Map<string, unknown>([['people', Object.fromEntries(world.ids)]]);
      for (const [at, step] of steps.entries()) {
        const sentence = step.given ?? step.when ?? step.then ?? '';
        await tell(world, kept, step, (outcome, expected) => matches(outcome, expected, `step ${at + 1}: ${sentence}`));
        addPeople(world, kept);
      }
    },
    120_000,
  );
});

/** A story that kept a token under `token-of-NAME` may let NAME do things from then on. */
function addPeople(world: World, kept: ReadonlyMap<string, unknown>): void {
  for (const [key, value] of kept) {
    const token = (value as { token?: unknown } | undefined)?.token;
    if (key.startsWith('token-of-') && typeof token === 'string') world.tokens.set(key.slice(9), token);
  }
}

/** The outcome holds everything that is expected. `/text/` stands for any text that matches, `is-missing` for no value. */
function matches(outcome: Outcome, expected: unknown, sentence: string): void {
  const shown = JSON.stringify(outcome)?.slice(0, 3000);
  expect(outcome, `${sentence}\n${shown}`).toMatchObject(pattern(expected) as object);
  // Nothing that any story does may end in a bug, or show where our code lies.
  expect(outcome['status'], `${sentence}\n${shown}`).not.toBe(500);
  expect(outcome['exit'], `${sentence}\n${shown}`).not.toBe(70);
  expect(shown, sentence).not.toMatch(/\.ts:\d+:\d+|node_modules\/|at async /);
}

function pattern(value: unknown): unknown {
  if (typeof value === 'string') {
    const regex = /^\/(.+)\/$/s.exec(value);
    return regex === null ? value : expect.stringMatching(new RegExp(regex[1] ?? '', 's'));
  }
  if (Array.isArray(value)) return expect.arrayContaining(value.map(pattern)) as unknown;
  if (typeof value !== 'object' || value === null) return value;
  const plain = Object.fromEntries(Object.entries(value).map(([key, one]): [string, unknown] => [key, pattern(one)]));
  return expect.objectContaining(plain) as unknown;
}
