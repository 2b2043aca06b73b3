import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountFor } from '../versions/account.ts';
import { inertMarkdown } from './markdown.ts';
import { notesToMarkdown, writeNotes, withoutTickets, withTickets } from './notes.ts';

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const of = (...messages: (string | [string, string])[]) =>
  accountFor(
    messages.map((message, at) => ({
      id: String(at).repeat(40).slice(0, 40),
      parents: [],
      subject: [message].flat()[0] ?? '',
      body: [message].flat()[1] ?? '',
    })),
  );
const shop = { service: 'shop', version: '2.0.0', from: 'v1.4.0' };

test('breaking first, then features and fixes; upkeep is counted, not listed', () => {
  const notes = writeNotes(shop, of('fix: b', 'docs: c', ['feat(api)!: drop v1', 'BREAKING CHANGE: use v2'], 'feat: d', 'whatever'));
  expect(notes.sections.map((section) => section.kind)).toEqual(['breaking', 'feature', 'fix']);
  expect(notes).toMatchObject({ others: 2, summary: '1 breaking change, 1 feature, 1 fix.' });
  expect(notesToMarkdown(notes)).toBe(
    [
      '## shop 2.0.0',
      '',
      '1 breaking change, 1 feature, 1 fix.',
      '',
      'Since v1.4.0.',
      '',
      '### Breaking changes',
      '',
      '- **api:** drop v1 (2222222222)',
      '  - use v2',
      '',
      '### Features',
      '',
      '- d (3333333333)',
      '',
      '### Fixes',
      '',
      '- b (0000000000)',
      '',
      "And 2 commits that users don't notice.",
      '',
    ].join('\n'),
  );
});

test('nothing that users notice is said, and so are no commits at all', () => {
  expect(writeNotes(shop, of('docs: a', 'chore: b')).summary).toBe('Nothing that users notice: 2 commits of upkeep.');
  expect(writeNotes(shop, []).summary).toBe('No commits.');
});

/** What a CommonMark renderer makes of backslash escapes. */
const rendered = (markdown: string): string => markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1');
const SPECIAL = /[`*_{}[\]<>#|~&!@$^"']/;

test('law: what is escaped renders as it was, and no special character is left bare', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'`*_[]()<>#|~&!@:/\\-+=1.w a"'.split('')), maxLength: 30 }), (text) => {
      const escaped = inertMarkdown(text);
      expect(rendered(escaped)).toBe(text.replace(/ {2,}/g, ' ').trim());
      expect(escaped.replace(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(SPECIAL);
      expect(escaped).not.toMatch(/(?<!\\):\/\//);
    }),
  );
});

test('an address in a subject is no link', () => {
  expect(inertMarkdown('see https://evil.example and www.evil.example')).toBe('see https\\://evil.example and www\\.evil.example');
});

test('no naughty subject adds a line, a heading, a link or HTML', ({ skip }) => {
  const file = join(corpus, 'strings/minimaxir+big-list-of-naughty-strings/blns.json');
  if (!existsSync(file)) skip(`no corpus at ${corpus}`);
  for (const text of [
    ...(JSON.parse(readFileSync(file, 'utf8')) as string[]),
    'a\u202egnp.exe',
    'x\n# forged',
    '[a](javascript:alert(1))',
  ]) {
    const markdown = notesToMarkdown(writeNotes(shop, of(`fix(${text.replace(/[()]/g, '')}): ${text}`)));
    for (const line of markdown.split('\n')) expect(line).toMatch(/^(?:## shop|1 fix|Since|### Fixes|- |Nothing|$)/);
    expect(markdown.replace(/\\./g, '')).not.toMatch(/[<>[\]`]|:\/\//);
    expect(markdown).not.toMatch(/[\u202a-\u202e\u200b]/);
  }
});

test('titles of tickets stand at the end, inert, and what they name is not what the release was made for', () => {
  const notes = '## shop 1.0.0\n\n1 feature.\n';
  const titled = withTickets(notes, [{ key: 'SHOP-1', title: 'Prices <b>now</b>, after OTHER-5 ### Tickets' }]);
  expect(titled).toBe(`${notes}\n### Tickets\n\n- SHOP-1: Prices \\<b\\>now\\</b\\>, after OTHER-5 \\#\\#\\# Tickets\n`);
  expect(withoutTickets(titled)).toBe(notes);
  expect(withTickets(notes, [])).toBe(notes);
});
