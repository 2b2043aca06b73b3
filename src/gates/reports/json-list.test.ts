import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonList } from './json-list.ts';
import { readReport } from './read.ts';

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

const PATTERN = ['runs', '*', 'results'];
async function parts(text: string, size = 7): Promise<{ rest: unknown; items: [number, unknown][] }> {
  const items: [number, unknown][] = [];
  const rest = await readJsonList(cut(text, size), PATTERN, (item, path) => items.push([Number(path[1]), item]));
  return { rest, items };
}

test('a document taken apart and put together again is the document, wherever its bytes are cut', async () => {
  const run = fc.record({ results: fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 4 }), other: fc.jsonValue({ maxDepth: 2 }) });
  const log = fc.record({
    'a"b\\': fc.jsonValue({ maxDepth: 2 }),
    runs: fc.array(run, { maxLength: 3 }),
    results: fc.jsonValue({ maxDepth: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(log, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (value, size, spaced) => {
      const { rest, items } = await parts(JSON.stringify(value, null, spaced ? 2 : 0), size);
      const whole = rest as { runs: { results: unknown[] }[] };
      for (const [index, item] of items) whole.runs[index]?.results.push(item);
      expect(whole).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 150 },
  );
});

test.each([
  '{"runs":[{"results":[1 2]}]}',
  '{"runs":[{"results":[1,]}]}',
  '{"runs":[{"results":[,1]}]}',
  '{"runs":[{"results":[1,,2]}]}',
  '{"runs":[{"results":[{]}]}',
  '{"runs":[{"results":[{"a":1}}]}',
  '{"runs":[{"results":[tru]}]}',
  '{"runs":[{"results":["a]}]}',
  '{"runs":[{"results":[1]}]} {}',
  '{"runs":[{"results":[1]}',
  '{"runs":[{"results":[1]}],}',
  '{"runs":[{"results":[1]}]]',
  '',
])('what JSON.parse refuses is refused: %s', async (text) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  for (const size of [1, 3, 1000]) await expect(parts(text, size)).rejects.toThrow();
});

test('SARIF says the same read from a stream and as a whole', async () => {
  const results = Array.from({ length: 50 }, (_, at) => ({
    ruleId: `R${at % 3}`,
    message: { text: `bad "${at}" \\ {[` },
    locations: [{ physicalLocation: { artifactLocation: { uri: `a${at}.ts` }, region: { startLine: at + 1 } } }],
  }));
  const log = {
    version: '2.1.0',
    runs: [{ results, tool: { driver: { name: 't', rules: [{ id: 'R1', properties: { 'security-severity': '9.1' } }] } } }],
  };
  const whole = await readReport('sarif', cut(JSON.stringify(log), 4096));
  const streamed = await readReport('sarif', cut(JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', ...log }), 13));
  expect(streamed).toEqual(whole);
  expect(streamed.contents?.findings?.filter((one) => one.severity === 'critical')).toHaveLength(17);
});

test('findings past the most that are kept are counted by their severity', async () => {
  const one = (ruleId: string) => JSON.stringify({ ruleId, message: { text: 'x' } });
  const rules = JSON.stringify([{ id: 'bad', defaultConfiguration: { level: 'error' } }]);
  const many = [...Array.from({ length: 20_000 }, () => one('other')), ...Array.from({ length: 30 }, () => one('bad')), one('other')];
  const text = `{"$schema":"sarif","version":"2.1.0","runs":[{"results":[${many.join(',')}],"tool":{"driver":{"name":"t","rules":${rules}}}}]}`;
  const { contents } = await readReport('sarif', cut(text, 65_536));
  expect(contents?.findings).toHaveLength(20_000);
  expect(contents?.beyond).toEqual({ critical: 0, high: 30, medium: 1, low: 0, info: 0 });
});
