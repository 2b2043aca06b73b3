import { endOfString } from './template.ts';

/** `needs.build.outputs.tag` in an expression: root `needs`, path `build`, `outputs`, `tag`. */
export type Reference = { readonly root: string; readonly path: readonly string[]; readonly offset: number; readonly length: number };

const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const STEP = /\s*\.\s*([A-Za-z_][A-Za-z0-9_]*)/y;
const INDEX = /\s*\[\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\]/y;

/**
 * The names of variables that a CEL expression reads, with the constant path behind each. Lexical, so it also finds
 * those in branches that never run: what is written must exist. Names after a dot and inside strings are none.
 */
export function referencesOf(source: string, roots: readonly string[]): readonly Reference[] {
  const found: Reference[] = [];
  let at = 0;
  let afterDot = false;
  while (at < source.length) {
    const sign = source[at] ?? '';
    if (sign === '"' || sign === "'") {
      at = endOfString(source, at);
      afterDot = false;
      continue;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(source)?.[0];
    if (word === undefined) {
      if (sign.trim() !== '') afterDot = sign === '.';
      at += /[0-9]/.test(sign) ? Math.max(1, numberAt(source, at)) : 1;
      continue;
    }
    const reference = afterDot || !roots.includes(word) ? null : readPath(source, at, word);
    if (reference !== null) found.push(reference);
    at += reference?.length ?? word.length;
    afterDot = false;
  }
  return found;
}

function numberAt(source: string, at: number): number {
  let end = at;
  while (end < source.length && /[0-9A-Za-z_]/.test(source[end] ?? '')) end += 1;
  return end - at;
}

function readPath(source: string, offset: number, root: string): Reference {
  const path: string[] = [];
  let at = offset + root.length;
  for (;;) {
    STEP.lastIndex = at;
    INDEX.lastIndex = at;
    const match = STEP.exec(source) ?? INDEX.exec(source);
    const step = match?.[1] ?? match?.[2];
    if (match === null || step === undefined) break;
    // A call such as `.startsWith(` is no part of the path.
    if (source[at + match[0].length] === '(') break;
    path.push(step);
    at += match[0].length;
  }
  return { root, path, offset, length: at - offset };
}
