import { linkSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Act, ActResult } from '../contract/agent.ts';
import { openActLog, readAllActs } from './acts.disk.ts';
import { admit, carriedOver, NOTHING, readLog, remember, type LogLine } from './acts.ts';

const done: ActResult = { outcome: 'succeeded', detail: 'ok', tookMs: 1, slot: null };
const line = (event: LogLine['event'], act: string, token: number, result: ActResult | null = null): LogLine => ({
  at: '2026-01-01T00:00:00.000Z',
  event,
  act,
  deployment: 'dep_1',
  slot: 'prod/shop',
  token,
  phase: 'start',
  digest: null,
  release: null,
  result,
  breakGlass: false,
});
const act = (id: string, token: number) => ({ act: id as `act_${string}`, token, service: 'shop', environment: 'prod' });

test('an act that ended is answered, one that only began goes again, an older token never goes', () => {
  const memory = [line('begin', 'act_1', 3), line('end', 'act_1', 3, done), line('begin', 'act_2', 4)].reduce(remember, NOTHING);
  expect(admit(memory, act('act_1', 3))).toEqual({ kind: 'repeat', result: done });
  expect(admit(memory, act('act_2', 4))).toEqual({ kind: 'go' });
  expect(admit(memory, act('act_3', 3))).toEqual({ kind: 'stale', seen: 4 });
  expect(admit(memory, { ...act('act_4', 1), service: 'other' })).toEqual({ kind: 'go' });
});

test('a cut last line is left out, a damaged one elsewhere stops the agent', () => {
  const text = `${JSON.stringify(line('begin', 'act_1', 2))}\n`;
  expect(readLog(`${text}{"event":"en`).memory.open.has('act_1')).toBe(true);
  expect(() => readLog(`{"event":"en\n${text}`)).toThrow('line 1');
});

const history = fc.array(
  fc.record({
    act: fc.integer({ min: 1, max: 12 }),
    slot: fc.constantFrom('prod/shop', 'prod/bank'),
    more: fc.boolean(),
    ends: fc.boolean(),
  }),
  { maxLength: 60 },
);

test('a log that is turned over admits every act as the whole one would, except that older results are stale', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 0, max: 5 }), (steps, recent) => {
      const tokens = new Map<string, number>();
      const lines = steps.flatMap(({ act: n, slot, more, ends }, at): LogLine[] => {
        const token = (tokens.get(slot) ?? 1) + (more ? 1 : 0);
        tokens.set(slot, token);
        const about = { slot, act: `act_${n}_${slot}_${token}` };
        const began = { ...line('begin', about.act, token), ...about };
        return ends || at % 3 === 0 ? [began, { ...line('end', about.act, token, done), ...about }] : [began];
      });
      const whole = readLog(lines.map((one) => `${JSON.stringify(one)}\n`).join('')).memory;
      const turned = carriedOver(lines, recent).reduce(remember, NOTHING);
      expect(turned.tokens).toEqual(whole.tokens);
      expect(turned.open).toEqual(whole.open);
      for (const one of [...lines, line('begin', 'act_new', 99)]) {
        const [environment = '', service = ''] = one.slot.split('/');
        const question = { act: one.act as `act_${string}`, token: one.token, service, environment };
        const [before, after] = [admit(whole, question), admit(turned, question)];
        const forgotten = before.kind === 'repeat' && after.kind === 'stale' && one.token < (whole.tokens.get(one.slot) ?? 0);
        if (!forgotten) expect(after).toEqual(before);
      }
    }),
  );
});

test('on the disk: the log stays bounded, older files are read in order, and a crash in the middle of a turn is mended', () => {
  const state = mkdtempSync(join(tmpdir(), 'ym-acts-'));
  const order = { phase: 'check' } as unknown as Act['order'];
  const about = (n: number): Act =>
    ({ act: `act_${n}`, deployment: 'dep_1', service: 'shop', environment: 'prod', token: n, order, startWithinMs: 1 }) as unknown as Act;
  let log = openActLog(state, 60_000);
  for (let n = 1; n <= 300; n += 1) {
    log.begin(about(n));
    log.end(about(n), done);
  }
  log.begin(about(301));
  log.close();
  expect(statSync(join(state, 'acts.jsonl')).size).toBeLessThan(61_000);
  expect(statSync(join(state, 'acts.3.jsonl')).size).toBeLessThan(61_000);
  const all = readAllActs(state);
  expect(all.filter(({ event }) => event === 'begin').map(({ token }) => token)).toEqual(Array.from({ length: 301 }, (_, at) => at + 1));
  log = openActLog(state, 60_000);
  expect(admit(log.memory(), about(301))).toEqual({ kind: 'go' });
  expect(admit(log.memory(), about(7))).toMatchObject({ kind: expect.stringMatching(/stale|repeat/) as string });
  log.close();

  rmSync(join(state, 'acts.1.jsonl'), { force: true });
  linkSync(join(state, 'acts.jsonl'), join(state, 'acts.1.jsonl'));
  const size = statSync(join(state, 'acts.jsonl')).size;
  openActLog(state, 60_000).close();
  expect(() => statSync(join(state, 'acts.1.jsonl'))).toThrow('ENOENT');
  expect(readFileSync(join(state, 'acts.jsonl')).length).toBe(size);
  rmSync(state, { recursive: true });
});
