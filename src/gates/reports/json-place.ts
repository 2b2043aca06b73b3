import type { Place } from './model.ts';

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Where a text stops being JSON (RFC 8259): the platform's parser says it only for some faults. A text that is JSON has
 * its place at the end. Only asked for texts that were refused, and not nested deeper than the limit.
 */
export function placeOfFault(text: string): Place {
  const at = endOfSense(text);
  let [line, start] = [1, 0];
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) {
    line++;
    start = next + 1;
  }
  return { line, column: at - start + 1 };
}

type Expected = 'value' | 'value or ]' | 'key or }' | 'key' | 'colon' | 'comma' | 'nothing';

function endOfSense(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const after = (): Expected => (open.length === 0 ? 'nothing' : 'comma');
  for (;;) {
    while (at < text.length && ' \t\n\r'.includes(text[at] ?? 'x')) at++;
    const one = text[at];
    if (one === undefined) return at;
    const key: boolean = expected === 'key' || expected === 'key or }';
    const value: boolean = expected === 'value' || expected === 'value or ]';
    if (one === '"' && (key || value)) {
      const end = endOfString(text, at);
      if (end < 0) return -end;
      at = end;
      expected = key ? 'colon' : after();
    } else if (value && (one === '{' || one === '[')) {
      open.push(one);
      expected = one === '{' ? 'key or }' : 'value or ]';
      at++;
    } else if (
      (one === '}' && (expected === 'key or }' || (expected === 'comma' && open.at(-1) === '{'))) ||
      (one === ']' && (expected === 'value or ]' || (expected === 'comma' && open.at(-1) === '[')))
    ) {
      open.pop();
      expected = after();
      at++;
    } else if (one === ':' && expected === 'colon') {
      expected = 'value';
      at++;
    } else if (one === ',' && expected === 'comma') {
      expected = open.at(-1) === '{' ? 'key' : 'value';
      at++;
    } else if (value) {
      const end = matchAt(NUMBER, text, at) ?? matchAt(LITERAL, text, at);
      if (end === null) return at;
      at = end;
      expected = after();
    } else return at;
  }
}

/** The place behind a string, or minus the place where it stops to be one. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code < 32) return -at;
    if (code !== 92) continue;
    const end = matchAt(ESCAPE, text, at);
    if (end === null) return -at;
    at = end - 1;
  }
  return -text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
