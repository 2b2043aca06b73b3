import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOfMessages, escapeHtml, isAddress, mailOf, senderOf, type Around } from './mail.ts';
import { ATTEMPTS, oneLine, pauseAfter, type Message } from './notice.ts';

const around: Around = {
  publicUrl: 'https://yard.example.org',
  sender: 'Yard <yard@example.org>',
  to: 'ann@example.org',
  link: 'https://yard.example.org/go#x',
  unsubscribe: null,
  id: 'ntc_1',
  at: '2026-01-01T00:00:00.000Z',
};
const message: Message = { kind: 'asked', subject: 'Approve shop 1.2', lines: ['Its deployment waits.'], link: '/releases/x' };

test('what strangers write becomes no header, no second line and no markup', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(
      'a\r\nBcc: evil@example.org',
      'x\nSubject: y',
      '\u2028\u0085\0',
      '<script>alert(1)</script>',
      '"><img src=x onerror=1>',
      '\ud800',
    ),
  );
  fc.assert(
    fc.property(hostile, hostile, (subject, line) => {
      const mail = mailOf({ ...message, subject, lines: [line] }, around);
      for (const text of [mail.from, mail.to, mail.subject, mail.messageId, ...Object.values(mail.headers)])
        expect(text).not.toMatch(/[\r\n\0\u0085\u2028\u2029]/);
      expect(mail.text.split('\n\n')).toHaveLength(3);
      expect((mail.html.match(/<[a-z!/]/gi) ?? []).length).toBe((mailOf(message, around).html.match(/<[a-z!/]/gi) ?? []).length);
    }),
    { numRuns: 300 },
  );
  expect(escapeHtml(`<a b="c" d='e'>&`)).toBe('&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
});

test('an address that could end a line, a header or a command is none', () => {
  for (const good of ['ann@example.org', "o'neil+x@sub.example.org", 'root@localhost']) expect(isAddress(good), good).toBe(true);
  for (const bad of [
    '',
    'ann',
    '@example.org',
    'ann@',
    'ann@example.org\r\nRCPT TO:<evil@example.org>',
    'ann@example.org>',
    '<ann@example.org>',
    'ann @example.org',
    '"a b"@example.org',
    'ann@exa_mple.org',
    'ann@-x.org',
    'ann@example.org,bob@example.org',
    `${'a'.repeat(65)}@example.org`,
    `ann@${'a.'.repeat(150)}org`,
    'änn@example.org',
    'ann@[127.0.0.1]',
  ])
    expect(isAddress(bad), bad).toBe(false);
  expect(senderOf('Yard <yard@example.org>')).toEqual({ name: 'Yard', address: 'yard@example.org' });
  for (const bad of ['Yard\r\nBcc: x <y@z.org>', 'Yard" <y@z.org>', 'Yard <y@z.org> <a@b.org>', ' Yard <y@z.org>', 'Yard <nobody>'])
    expect(senderOf(bad), bad).toBeNull();
});

test('a digest can be ended by a mail program, and names what it gathered', () => {
  const many = Array.from({ length: 120 }, (_, at) => ({ ...message, subject: `n${at}`, lines: [`l${at}`] }));
  const digest = digestOfMessages(many);
  expect(digest.lines).toHaveLength(101);
  expect(digest.lines.at(-1)).toBe('n119: l119');
  const mail = mailOf(digest, { ...around, unsubscribe: 'https://yard.example.org/v1/notify/unsubscribe/x' });
  expect(mail.headers).toMatchObject({
    'List-Unsubscribe': '<https://yard.example.org/v1/notify/unsubscribe/x>',
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
  });
  expect(mailOf(message, around).headers).not.toHaveProperty('List-Unsubscribe');
  expect(mail.messageId).toBe('<ntc_1@example.org>');
});

test('retries are bounded, wait longer each time, and at least as long as they are asked to', () => {
  const pauses = Array.from({ length: ATTEMPTS + 2 }, (_, at) => pauseAfter(at + 1));
  expect(pauses.slice(ATTEMPTS - 1)).toEqual([null, null, null]);
  expect(pauses.slice(0, 7)).toEqual(pauses.slice(0, 7).toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  expect(pauseAfter(1, 7_200_000)).toBe(7_200_000);
  expect(pauseAfter(1, 10 ** 12)).toBe(86_400_000);
  expect(oneLine('a\u202eb\tc  d\r\ne')).toBe('a b c d e');
});
