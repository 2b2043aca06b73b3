import { expect, test } from 'vitest';
import { comparable, suggestionsFor } from './login.ts';

const people = [
  { id: 'per_ada', name: 'Ada Lovelace', emails: ['ada@example.org'] },
  { id: 'per_cy', name: 'Cy Careful', emails: ['cy@example.org'] },
];

test('suggested is who has the same name, the same local part, or a name like it', () => {
  const who = (value: string, name: string | null = null) => suggestionsFor({ value, name }, people).map(({ person }) => person);
  expect(who('x@home.example', 'lovelace Ada')).toEqual(['per_ada']);
  expect(who('12345+ada@users.noreply.github.com')).toEqual(['per_ada']);
  expect(who('cycareful')).toEqual(['per_cy']);
  expect(who('bo@example.org', 'Bo')).toEqual([]);
  expect(who('', '')).toEqual([]);
});

test('a name is compared in lower case, and what no login can be is none', () => {
  expect(comparable(' Ada-L ')).toBe('ada-l');
  for (const odd of ['', ' ', 'a b', 'a\u202eb', 'a\0b', 'x'.repeat(251), '\ud800']) expect(comparable(odd)).toBeNull();
});
