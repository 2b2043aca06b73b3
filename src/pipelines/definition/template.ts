import type { CelValue } from '../../kernel/cel.ts';
import { compileCel } from '../../kernel/cel.ts';

/**
 * Texts that hold expressions: `cache-${{ matrix.node }}`. The expression is CEL; `$${{` stands for a plain `${{`.
 * An expression that can't be evaluated makes the whole text unknown: it never becomes an empty word.
 */
export type TemplatePart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'expression'; readonly source: string; readonly offset: number };
export type ParsedTemplate =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** Whether `text` has an expression in it (escaped ones don't count). */
export function hasExpression(text: string): boolean {
  const parsed = parseTemplate(text);
  return !parsed.ok || parsed.parts.some((part) => part.kind === 'expression');
}

/** Splits a template. Braces and quotes inside an expression are CEL's own: `${{ {'a': 1}['a'] }}` is one expression. */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: TemplatePart[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${{', at)) {
      plain += '${{';
      at += 4;
    } else if (text.startsWith('${{', at)) {
      const end = endOfExpression(text, at + 3);
      if (end < 0) return { ok: false, message: 'this expression is never closed with }}', offset: at };
      if (plain !== '') parts.push({ kind: 'text', text: plain });
      plain = '';
      parts.push({ kind: 'expression', source: text.slice(at + 3, end), offset: at + 3 });
      at = end + 2;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain !== '') parts.push({ kind: 'text', text: plain });
  return { ok: true, parts };
}

function endOfExpression(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const sign = text[at];
    if (sign === '"' || sign === "'") {
      at = endOfString(text, at);
      continue;
    }
    if (sign === '{') depth += 1;
    if (sign === '}' && depth === 0) return text[at + 1] === '}' ? at : -1;
    if (sign === '}') depth -= 1;
    at += 1;
  }
  return -1;
}

/** The offset after the string literal that begins at `at`; the end of the text where it is never closed. */
export function endOfString(text: string, at: number): number {
  const quote = text[at] ?? '';
  const triple = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
  let next = at + triple.length;
  while (next < text.length && !text.startsWith(triple, next)) next += text[next] === '\\' ? 2 : 1;
  return Math.min(text.length, next + triple.length);
}

export type Evaluated<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string };

/** The text of a template; `why` names the expression that could not be evaluated. Lists and maps become JSON. */
export function evaluateTemplate(template: string, variables: Readonly<Record<string, unknown>>): Evaluated<string> {
  const parsed = parseTemplate(template);
  if (!parsed.ok) return { ok: false, why: parsed.message };
  let text = '';
  for (const part of parsed.parts) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    const value = evaluateExpression(part.source, variables);
    if (!value.ok) return value;
    if (value.value === null) return { ok: false, why: `\${{${part.source}}} is null` };
    text += typeof value.value === 'object' ? JSON.stringify(value.value) : String(value.value);
    if (text.length > 65_536) return { ok: false, why: 'the text grows beyond 65,536 characters' };
  }
  return { ok: true, value: text };
}

/** The value of one CEL expression. */
export function evaluateExpression(source: string, variables: Readonly<Record<string, unknown>>): Evaluated<CelValue> {
  const compiled = compileCel(source);
  if (!compiled.ok) return { ok: false, why: `${source.trim()}: ${compiled.message}` };
  const answer = compiled.evaluate(variables);
  return answer.kind === 'value' ? { ok: true, value: answer.value } : { ok: false, why: `${source.trim()}: ${answer.why}` };
}
