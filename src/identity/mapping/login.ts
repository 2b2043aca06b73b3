/** What a name did where it was seen. */
export const NAME_ROLES = ['author', 'co-author', 'committer', 'reviewer', 'deployer', 'chat'] as const;
export type NameRole = (typeof NAME_ROLES)[number];

/** A login at a forge or chat: its host (`github.com`), its name there, and where known the id that renaming does not change. */
export type Login = { readonly host: string; readonly login: string; readonly externalId?: string | null };

const LONGEST = 250;

/** A host or name as it is compared: lower case, without spaces around; null where it is no name that anybody could have. */
export function comparable(text: string): string | null {
  const plain = text.trim().toLowerCase();
  return plain === '' || plain.length > LONGEST || !plain.isWellFormed() || /[\p{Cc}\p{Cf}\s]/u.test(plain) ? null : plain;
}

export type Known = { readonly id: string; readonly name: string; readonly emails: readonly string[] };
export type Suggestion = { readonly person: string; readonly name: string; readonly why: string };

/** Persons whom a name could be, best first, three at most. A suggestion decides nothing: somebody has to say yes. */
export function suggestionsFor(
  unmapped: { readonly value: string; readonly name: string | null },
  people: readonly Known[],
): readonly Suggestion[] {
  const local = localPart(unmapped.value);
  const words = wordsOf(unmapped.name ?? '');
  const found = people.flatMap((person): (Suggestion & { readonly rank: number })[] => {
    const say = (rank: number, why: string) => [{ person: person.id, name: person.name, why, rank }];
    if (words !== '' && words === wordsOf(person.name)) return say(0, 'has the same name');
    if (person.emails.some((email) => localPart(email) === local)) return say(1, `has an address that begins with ${local}`);
    return squeezed(local) === squeezed(person.name) ? say(2, 'has a name like it') : [];
  });
  return found
    .toSorted((one, other) => one.rank - other.rank || one.name.localeCompare(other.name))
    .slice(0, 3)
    .map(({ person, name, why }) => ({ person, name, why }));
}

/** `12345+ada@users.noreply.github.com` and `ada@example.org` and `ada`: all `ada`. */
function localPart(value: string): string {
  return (value.split('@')[0] ?? '').replace(/^\d+\+/, '').toLowerCase();
}

function wordsOf(name: string): string {
  return name
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .toSorted()
    .join(' ');
}

function squeezed(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}
