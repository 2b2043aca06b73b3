import type { Bundle, Leaf, Manifest, Trust } from './format.ts';

/** What one step of the verification found. `why` is a sentence for people; a failed one says what is wrong and where. */
export type Check = { readonly name: string; readonly ok: boolean; readonly why: string };

/** A leaf of the bundle, read, at its position. */
export type ReadFact = { readonly position: number; readonly leaf: Leaf };

/** What the steps work on, once the file could be read at all. */
export type Opened = { readonly bundle: Bundle; readonly manifest: Manifest; readonly trust: Trust };

/** A check from a list of what is wrong: none, and it passed with the words given. */
export function checked(name: string, wrong: readonly string[], right: string): Check {
  if (wrong.length === 0) return { name, ok: true, why: right };
  const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : '';
  return { name, ok: false, why: wrong.slice(0, 3).join('; ') + more };
}
