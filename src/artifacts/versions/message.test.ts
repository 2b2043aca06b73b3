import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommitParser } from 'conventional-commits-parser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readMessage } from './message.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

test('the specification’s own examples', () => {
  expect(readMessage('feat: allow config to extend others', 'BREAKING CHANGE: `extends` key is now used')).toMatchObject({
    type: 'feat',
    scope: null,
    breaking: '`extends` key is now used',
  });
  expect(readMessage('feat(api)!: send an email', '')).toMatchObject({ type: 'feat', scope: 'api', breaking: 'send an email' });
  expect(readMessage('docs: correct spelling of CHANGELOG', '')).toMatchObject({ type: 'docs', breaking: null });
  expect(readMessage('FEAT: upper case is no other type', '')).toMatchObject({ type: 'feat' });
  expect(readMessage('fix: a', 'BREAKING-CHANGE: with a dash')).toMatchObject({ breaking: 'with a dash' });
  expect(readMessage('fix: a', 'Breaking change: only a sentence')).toMatchObject({ breaking: null });
  expect(readMessage('fix: a', 'BREAKING CHANGE without a colon')).toMatchObject({ breaking: null });
  expect(readMessage('fix: a', 'BREAKING CHANGE: one\n two\nReviewed-by: Z\nmore')).toMatchObject({ breaking: 'one two' });
  expect(readMessage('chore: squashed', 'feat(parser)!: drop the old syntax')).toMatchObject({ breaking: 'drop the old syntax' });
  expect(readMessage('chore: squashed', '* feat!: drop it')).toMatchObject({ breaking: 'drop it' });
});

test.each(['feat add', 'feat( foo ) add', 'feat(bar)! add', 'feat(foo: add', 'feat:add', 'feat:', ': x', '', 'feat (x): y', 'feat()!: y'])(
  '%j is no conventional commit',
  (subject) => {
    expect(readMessage(subject, '')).toBeNull();
  },
);

test('a revert names what it undoes', () => {
  const id = 'a'.repeat(40);
  expect(readMessage('Revert "feat: x"', `This reverts commit ${id}.`)).toMatchObject({
    type: 'revert',
    reverts: { commits: [id], subject: 'feat: x' },
  });
  expect(readMessage('revert: feat: x', 'Refs: 676104e, a215868')).toMatchObject({ reverts: { commits: ['676104e', 'a215868'] } });
  expect(readMessage('fix: x', `This reverts commit ${id}.`)?.reverts).toBeNull();
});

test('the published cases of the conventional-commits parser', ({ skip }) => {
  const file = join(corpus, 'expected/conventional-commits-cases.json');
  if (!existsSync(file)) skip(`no corpus at ${corpus}`);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { test: string; inputs: string[]; throws: boolean }[] };
  for (const { inputs, throws, test: name } of cases) {
    for (const input of inputs) {
      const [subject = '', ...body] = input.replaceAll('\\n', '\n').split('\n');
      const message = readMessage(subject, body.join('\n'));
      expect(message === null, `${name}: ${input}`).toBe(throws);
      if (/breaking/i.test(name) || input.includes('!:')) expect(message === null || message.breaking !== null, input).toBe(true);
    }
  }
});

test('agrees with conventional-commits-parser on well-formed headers', () => {
  const peer = new CommitParser({
    headerPattern: /^([\w-]+)(?:\((.+?)\))?!?: (.*)$/,
    breakingHeaderPattern: /^([\w-]+)(?:\((.+?)\))?!: (.*)$/,
  });
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/);
  const text = fc.stringMatching(/^[a-zA-Z0-9][ -~]{0,40}[a-z]$/);
  fc.assert(
    fc.property(word, fc.option(word), fc.boolean(), text, (type, scope, mark, description) => {
      const header = `${type}${scope === null ? '' : `(${scope})`}${mark ? '!' : ''}: ${description}`;
      const ours = readMessage(header, '');
      const theirs = peer.parse(header);
      expect(ours).toMatchObject({ type: theirs['type'], scope: theirs['scope'] ?? null, description: theirs['subject'] });
      expect(ours?.breaking !== null).toBe(theirs.notes.length > 0);
    }),
  );
});

test('hostile messages neither crash nor hang', () => {
  const long = 'a'.repeat(200_000);
  const started = performance.now();
  for (const subject of [`feat(${long}): x`, `${long}: x`, `feat: ${' '.repeat(200_000)}x`, `Revert "${long}`, `feat: ${long}`]) {
    readMessage(subject, [long, `BREAKING CHANGE: ${long}`, '-__proto__-', 'x', '-notes-', 'y'].join('\n'));
  }
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (subject, body) => void readMessage(subject, body)));
});
