import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { yardmasterEnds } from './daemon.fixture.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
const runner = ['runner', '--url', 'http://127.0.0.1:9', '--name', 'x', '--state', '/nonexistent/never-made', '--user', 'root'];

test.each([
  ['a command that is none', ['frob'], 'no command "frob"'],
  ['an option where a command belongs', ['--port', '1'], 'no command "--port"'],
  ['an option that is none', ['server', '--port', '1'], "Unknown option '--port'"],
  ['a stray word', ['agent', 'downn'], "Unexpected argument 'downn'"],
  ['an option without its value', ['agent', '--state'], '--state'],
  ['slots that are no number', [...runner, '--slots', 'many'], '--slots is a whole number from 1 to 64'],
  ['no slots', [...runner, '--slots', '0'], '--slots is a whole number from 1 to 64'],
  ['too many slots', [...runner, '--slots', '65'], '--slots is a whole number from 1 to 64'],
  ['an executor that is none', [...runner, '--executor', 'docker'], '--executor is host or sandbox'],
  ['a router that is none', ['agent', '--url', 'http://h', '--name', 'x', '--state', '/x', '--router', 'nginx'], '--router is'],
  ['what is needed and missing', ['agent', 'down'], 'it needs --state'],
  ['a ledger command that is none', ['ledger', 'burn'], 'there is no "burn"'],
  ['an epoch without a reason', ['ledger', 'open-epoch'], 'it needs --reason'],
])('%s ends with 2, says what is wrong and prints the usage', async (_, args, says) => {
  const { code, out, err } = await yardmasterEnds(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(says);
  expect(err).toContain('Usage: yardmaster ');
  expect(err).not.toMatch(/^\s+at /m);
});

test.each([
  ['--help'],
  ['server', '--help'],
  ['runner', '-h'],
  ['agent', 'down', '--help'],
  ['ledger', 'audit', '--help'],
  ['demo', '--help'],
])('yardmaster %s %s tells how it is used', async (...args) => {
  const { code, out, err } = await yardmasterEnds(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Usage: yardmaster ');
});

test('--version prints the version alone', async () => {
  expect(await yardmasterEnds(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});
