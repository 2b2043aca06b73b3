import { expect, test } from 'vitest';
import type { ActResult } from '../contract/agent.ts';
import { admit, NOTHING, readLog, remember, type LogLine } from './acts.ts';

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
