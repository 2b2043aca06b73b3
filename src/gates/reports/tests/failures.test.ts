import { expect, test } from 'vitest';
import { readReport } from '../read.ts';

async function failedTests(bytes: AsyncGenerator<Uint8Array>, most: number) {
  const { contents } = await readReport('junit', bytes, { failures: most });
  const { tests, failures = [] } = contents ?? {};
  return { items: failures, total: (tests?.failed ?? 0) + (tests?.errored ?? 0) };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  for (const byte of Buffer.from(text)) yield Buffer.from([byte]);
}

test('tests that failed or errored are told with what they said, and no others', async () => {
  const xml = `<testsuites><testsuite name="s">
    <testcase name="good" time="1"/>
    <testcase name="skipped"><skipped>no</skipped></testcase>
    <testcase name="bad" classname="shop.Cart" file="cart.ts" time="0.25"><failure message="1 &lt; 2">expected <![CDATA[<b>2</b>]]>
at cart.ts:3</failure><system-out>noise</system-out></testcase>
    <testcase name="worse"><failure message="first">one</failure><error message="second">two</error></testcase>
    <testcase name="flaky"><flakyFailure message="once">x</flakyFailure></testcase>
  </testsuite></testsuites>`;
  expect(await failedTests(bytesOf(xml), 10)).toEqual({
    total: 2,
    items: [
      {
        name: 'bad',
        suite: 'shop.Cart',
        file: 'cart.ts',
        how: 'failed',
        message: '1 < 2',
        text: 'expected <b>2</b>\nat cart.ts:3',
        durationMs: 250,
      },
      { name: 'worse', suite: 's', file: null, how: 'errored', message: 'first', text: 'one', durationMs: null },
    ],
  });
});

test('no more than asked are kept, and the rest is counted; long words and control characters are cut', async () => {
  const long = 'x'.repeat(9000);
  const cases = Array.from(
    { length: 7 },
    (_, at) => `<testcase name="t${at}"><failure message="${long}">&#x9;${long}</failure></testcase>`,
  );
  const { items, total } = await failedTests(bytesOf(`<testsuite name="s">${cases.join('')}</testsuite>`), 3);
  expect(total).toBe(7);
  expect(items.map(({ name }) => name)).toEqual(['t0', 't1', 't2']);
  expect(items[0]?.message.length).toBe(1000);
  expect(items[0]?.text.length).toBeLessThanOrEqual(4000);
});
