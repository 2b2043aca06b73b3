/**
 * Which programs may run on which schema. A migration after 0013 only adds ("expand"), so that the program before it
 * still runs on the new schema; one that takes something away ("contract") says in a line of its own which migration a
 * program must know to run beside it:
 *
 *     -- needs: 0021
 *
 * A constraint that comes back wider, or whose place something wider takes, takes nothing away from a program that only
 * writes what fitted the narrow one; the migration names it:
 *
 *     -- widens: run_origin_check
 *
 * What every program knows how to refuse stands in the table `migration`; what only adds stands in `expansion`, with the
 * migration that it needs, so that an older program starts on it and a program that is too old does not.
 */
export const FIRST_EXPANSION = '0014';
/** Programs that know no table `expansion` know this one at most. */
const BEFORE_EXPANSIONS = '0013';

/** A migration as a database remembers it. `needs` is null where it stands in `migration` alone. */
export type Applied = { readonly name: string; readonly needs: string | null };

/** What a program must know to run on a schema with this migration: its four digits. */
export function needsOf(name: string, sql: string): string {
  const own = numberOf(name);
  if (own < FIRST_EXPANSION) return own;
  const said = /^-- needs: (\d{4})$/m.exec(sql)?.[1];
  return said ?? BEFORE_EXPANSIONS;
}

/** Whether programs from before the table `expansion` must be kept from starting on it. */
export function refusedByAll(name: string, needs: string): boolean {
  return numberOf(name) < FIRST_EXPANSION || needs > BEFORE_EXPANSIONS;
}

/** The first applied migration that this program neither knows nor can run beside, or null. */
export function tooNew(applied: readonly Applied[], known: readonly string[]): string | null {
  const newest = known.map(numberOf).sort().at(-1) ?? '0000';
  const stranger = applied.find(({ name, needs }) => !known.includes(name) && (needs === null || needs > newest));
  return stranger?.name ?? null;
}

/** Words of SQL that take something away from a program which doesn't know of it, in a migration that says nothing of it. */
export function contractions(sql: string): string[] {
  const wider = new Set([...sql.matchAll(/^-- widens: ([\w, ]+)$/gm)].flatMap(([, names = '']) => names.split(/, ?/)));
  const code = sql
    .replaceAll(/--[^\n]*/g, '')
    .replaceAll(/\$\$[\s\S]*?\$\$/g, '')
    .replaceAll(/\b(?:drop|add)\s+constraint\s+(\w+)/gi, (words, name: string) => (wider.has(name) ? '' : words));
  const taking = [
    /\bdrop\s+(?:table|column|constraint|index|function|trigger|policy|view|not\s+null)\b/gi,
    /\brename\s+(?:column|to|constraint)\b/gi,
    /\bset\s+not\s+null\b/gi,
    /\balter\s+column\s+\w+\s+(?:set\s+data\s+)?type\b/gi,
    /\badd\s+constraint\b/gi,
    /\badd\s+column\s+(?:if\s+not\s+exists\s+)?\w+\s+[^,;]*\bnot\s+null\b(?![^,;]*\bdefault\b)(?<!\bdefault\b[^,;]*)/gi,
  ];
  return taking.flatMap((pattern) => [...code.matchAll(pattern)].map(([words]) => words.replaceAll(/\s+/g, ' ')));
}

function numberOf(name: string): string {
  return name.slice(0, 4);
}
