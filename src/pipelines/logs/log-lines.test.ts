import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LINE_LIMIT } from '../../contract/logs.ts';
import { digestOf } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor } from '../../platform/floor.ts';
import { testFloor } from '../../testing/database.ts';
import { givenRun, givenRunner, givenService } from '../../testing/pipelines.ts';
import { BLOCK, countBreaks, indexBuilder, anchorIn, linesIn, readIndex } from './log-index.ts';
import { followLines, takeLines } from './log-lines.views.ts';
import { matcher, scan, searchLog } from './log-search.views.ts';
import type { LogSource } from './log-source.views.ts';
import { appendLog } from './log-writer.commands.ts';
import { followLog } from './log.views.ts';
import { sealLogTask } from './seal.reactions.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const floor = await testFloor();
const service = await givenService(floor, 'shop');
const runner = await givenRunner(floor);

/** Lines as an editor would number them. */
function modelLines(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A log in memory, in parts of these lengths. */
function sourceOf(text: string, lengths: readonly number[]): LogSource {
  const bytes = Buffer.from(text);
  const starts = [0];
  for (const length of lengths) if ((starts.at(-1) ?? 0) + length < bytes.length) starts.push((starts.at(-1) ?? 0) + length);
  const parts = starts.map((at, index) => ({ at, bytes: bytes.subarray(at, starts[index + 1] ?? bytes.length) }));
  return {
    attempt: 1,
    bytes: bytes.length,
    total: linesIn(countBreaks(bytes), bytes.length, bytes.at(-1) === 10),
    ended: true,
    async anchor(breaks) {
      let before = 0;
      for (const part of parts) {
        const own = countBreaks(part.bytes);
        if (before + own >= breaks) return { at: part.at, before };
        before += own;
      }
      return { at: 0, before: 0 };
    },
    async read(at) {
      const part = parts.findLast((one) => one.at <= at);
      return part === undefined || at >= bytes.length ? Buffer.alloc(0) : Buffer.from(part.bytes.subarray(at - part.at));
    },
  };
}

const anyText = fc
  .array(fc.constantFrom('a', 'é', '\n', '\n', 'needle', '\u001b[31m', '\r'), { maxLength: 60 })
  .map((words) => words.join(''));
const anyLengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 60 });

test('any range of lines of any log in any pieces is what an editor would show', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyText,
      anyLengths,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      async (text, lengths, first, count) => {
        const source = sourceOf(text, lengths);
        const model = modelLines(text);
        expect(source.total).toBe(model.length);
        expect((await takeLines(source, first, count)).lines).toEqual(model.slice(first - 1, first - 1 + count));
      },
    ),
  );
});

test('a search finds the lines that hold the text, from any line on, and goes on where it was full', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyText,
      anyLengths,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 3 }),
      async (text, lengths, from, limit) => {
        const source = sourceOf(text, lengths);
        const fits = matcher({ q: 'NEEDLE', kind: 'text', capitals: 'no' });
        const found: number[] = [];
        for (let next: number | null = from; next !== null;) {
          const answer = await scan(source, { from: next, limit, with: 'numbers' }, fits, performance.now() + 10_000);
          expect(answer.lines.length).toBeLessThanOrEqual(limit);
          found.push(...answer.lines);
          next = answer.next;
        }
        const visible = modelLines(text).map((line) => line.replaceAll('\u001b[31m', ''));
        expect(found).toEqual(visible.flatMap((line, at) => (line.includes('needle') && at + 1 >= from ? [at + 1] : [])));
      },
    ),
  );
});

test('the index of a log finds the block in which each line begins', () => {
  const line = (at: number): string => `${at} ${'x'.repeat(at % 700)}\n`;
  const text = Buffer.from(Array.from({ length: 3000 }, (_, at) => line(at)).join('') + 'no break');
  expect(text.length).toBeGreaterThan(3 * BLOCK);
  const builder = indexBuilder();
  for (let at = 0; at < text.length; at += 100_003) builder.add(text.subarray(at, at + 100_003));
  const index = readIndex(builder.end());
  if (index === null) throw new Error('the index is not readable');
  expect(index.blocks.length).toBe(Math.ceil(text.length / BLOCK));
  expect(index.endsWithBreak).toBe(false);
  for (const [number, block] of index.blocks.entries())
    expect(Buffer.from(block.digest).toString('hex')).toBe(digestOf(text.subarray(number * BLOCK, (number + 1) * BLOCK)).slice(7));
  for (const wanted of [0, 1, 700, 1499, 1500, 2999, 3000]) {
    const { at, before } = anchorIn(index, wanted);
    expect(countBreaks(text.subarray(0, at)), `before line ${wanted}`).toBe(before);
    expect(before).toBeLessThanOrEqual(wanted);
    expect(wanted).toBeLessThanOrEqual(before + countBreaks(text.subarray(at, at + BLOCK)));
  }
  // A line that begins behind the last break of a block, in it, is never looked for in the next.
  let breaks = 0;
  for (const block of index.blocks.slice(0, -1)) {
    breaks += block.breaks;
    const begins = Buffer.from(text.toString().split('\n').slice(0, breaks).join('\n')).length;
    expect(anchorIn(index, breaks).at, `the line after ${breaks} breaks`).toBeLessThanOrEqual(begins);
  }
  expect(readIndex(Buffer.from([2, 0]))).toBeNull();
  expect(readIndex(Buffer.from([1, 0, 3]))).toBeNull();
});

test('a line longer than the limit is cut, says so, and costs no more than a line', async () => {
  const long = 'é'.repeat(LINE_LIMIT);
  const text = `first\n${long}\nlast\n`;
  const { lines, cut } = await takeLines(sourceOf(text, []), 1, 10);
  expect(lines[0]).toBe('first');
  expect(lines[1]).toBe('é'.repeat(LINE_LIMIT / 2));
  expect(cut).toEqual({ '2': LINE_LIMIT });
  expect(lines[2]).toBe('last');
  const endless = Buffer.from(`a\n${'y'.repeat(8 * BLOCK)}\nb\n`).toString();
  const source = sourceOf(
    endless,
    Array.from({ length: 100 }, () => BLOCK / 4),
  );
  let reads = 0;
  const counted: LogSource = { ...source, read: (at) => ((reads += 1), source.read(at)) };
  const found = await takeLines(counted, 1, 10);
  expect(found.lines.map(({ length }) => length)).toEqual([1, LINE_LIMIT, 1]);
  expect(found.cut).toEqual({ '2': 8 * BLOCK - LINE_LIMIT });
  expect(reads).toBeLessThan(10);
});

test('a log reads the same by line while it grows and when it is sealed, also one whose index is missing', async () => {
  await givenRun(floor, service, `{jobs: {a: {steps: [{run: x}]}}}`);
  const { holder, plan } = await runner.taken();
  const text = `${Array.from({ length: 3000 }, (_, at) => `line ${at + 1} ${at % 7 === 0 ? '\u001b[31mred\u001b[0m' : 'z'.repeat(150)}`).join('\n')}\nend without a break`;
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 60_001)
    await appendLog(floor, runner.actor, holder, at, bytes.subarray(at, at + 60_001).toString('utf8'));
  const ask = (question: object) => followLines(floor, floor.org, { job: plan.job, from: 1, count: 3, waitMs: 0, ...question });
  const search = (q: string, more: object = {}) =>
    searchLog(floor, floor.org, { job: plan.job, q, kind: 'text', capitals: 'no', from: 1, limit: 2, with: 'beginnings', ...more });
  const everything = async (): Promise<unknown[]> => [
    await ask({ from: 1 }),
    await ask({ from: 1500, count: 2 }),
    await ask({ tail: 2 }),
    await ask({ from: 3001 }),
    await ask({ from: 5000 }),
    await search('END without'),
    await search('red'),
    await search('^line 2\\d\\d1 ', { kind: 'regex', from: 2500 }),
    (await followLog(floor, floor.org, { job: plan.job, offset: 300_000, waitMs: 0 })).text.length,
  ];
  const growing = await everything();
  expect(growing[1]).toMatchObject({ lines: modelLines(text).slice(1499, 1501), total: 3001, bytes: bytes.length, ended: false });
  expect(growing[2]).toMatchObject({ from: 3000, lines: modelLines(text).slice(-2) });
  expect(growing[5]).toMatchObject({ lines: [3001], beginnings: ['end without a break'], next: null });
  expect(growing[6]).toMatchObject({ lines: [1, 8], next: 15 });
  expect(growing[7]).toMatchObject({ lines: [2501, 2511], next: 2521 });
  await runner.finish(holder, { log: { bytes: bytes.length, digest: digestOf(bytes) } });
  await sealLogTask.run(floor, { job: plan.job, attempt: 1 }, floor.org);
  const ended = (answers: unknown[]) => answers.map((one) => (typeof one === 'object' ? { ...one, ended: true } : one));
  expect(await everything()).toEqual(ended(growing));
  await floor.db.tx(floor.org, (tx) => tx.write('update job_attempt set log_index = null where job_id = $1', [plan.job]));
  expect(await everything()).toEqual(ended(growing));
});

test('a log that is sealed while somebody opens it is read whole', async () => {
  await givenRun(floor, service, `{jobs: {a: {steps: [{run: x}]}}}`);
  const { holder, plan } = await runner.taken();
  await appendLog(floor, runner.actor, holder, 0, 'one\nneedle\n');
  await runner.finish(holder, { log: { bytes: 11, digest: digestOf('one\nneedle\n') } });
  let reads = 0;
  // Between the first look and the second one, the rows go into a blob.
  const meanwhile: Floor = {
    ...floor,
    db: {
      ...floor.db,
      async read(org, work) {
        reads += 1;
        if (reads === 2) await sealLogTask.run(floor, { job: plan.job, attempt: 1 }, floor.org);
        return floor.db.read(org, work);
      },
    },
  };
  const question = { job: plan.job, q: 'needle', kind: 'text', capitals: 'no', from: 1, limit: 9, with: 'numbers' } as const;
  expect(await searchLog(meanwhile, floor.org, question)).toMatchObject({ lines: [2], total: 2, ended: true });
  expect(reads).toBeGreaterThan(1);
});

test('a waiting reader of lines hears of new ones', async () => {
  await givenRun(floor, service, `{jobs: {a: {steps: [{run: x}]}}}`);
  const { holder, plan } = await runner.taken();
  await appendLog(floor, runner.actor, holder, 0, 'one\n');
  const waiting = followLines(floor, floor.org, { job: plan.job, from: 2, count: 10, waitMs: 8000, bytes: 4 });
  await appendLog(floor, runner.actor, holder, 4, 'two\nthr');
  expect(await waiting).toMatchObject({ from: 2, lines: ['two', 'thr'], total: 3, bytes: 11, ended: false });
  await runner.finish(holder);
});

test('a pattern that is none is a problem, and one that would explode elsewhere takes linear time', async () => {
  expect(() => matcher({ q: '(a', kind: 'regex', capitals: 'no' })).toThrow(Problem);
  expect(() => matcher({ q: '(?=a)', kind: 'regex', capitals: 'no' })).toThrow(Problem);
  const fits = matcher({ q: '(a+)+$', kind: 'regex', capitals: 'yes' });
  const began = performance.now();
  expect(fits(`${'a'.repeat(5000)}b`)).toBe(false);
  expect(performance.now() - began).toBeLessThan(TOO_LONG_MS);
});
