import type { z } from 'zod';
import { inOrder, type Diagnostic } from './diagnostic.ts';
import { suggest } from './suggest.ts';
import type { YamlDocument } from './yaml.ts';

/**
 * The shape of a YAML document, checked by zod, every error pointing at the words. A schema may bring its own words:
 * `refine(check, { error: 'sentence', params: { code: 'gates.no-rule', remedy: '...' } })`; all else gets ours.
 */
export type ShapeRead<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

type Words = { readonly code: string; readonly message: string; readonly remedy: string };
type Issue = z.core.$ZodIssue;
type Raw = z.core.$ZodRawIssue;

const MAX_ERRORS = 200;

/** Checks `document` against `schema`; all errors at once, in reading order. Parsed values are zod's output. */
export function checkShape<Schema extends z.ZodType>(document: YamlDocument, schema: Schema): ShapeRead<z.output<Schema>> {
  const told = new Told();
  const read = schema.safeParse(document.value, { error: (raw) => told.token(raw) });
  if (read.success) return { ok: true, value: read.data };
  const diagnostics = read.error.issues.slice(0, MAX_ERRORS).flatMap((issue) => diagnose(document, told, issue, []));
  return { ok: false, diagnostics: inOrder(diagnostics) };
}

/** zod asks for one string per issue; this keeps the whole words behind it. */
class Told {
  readonly #words: Words[] = [];

  token(raw: Raw): string {
    this.#words.push(wordsOf(raw));
    return `\u0001${this.#words.length - 1}`;
  }

  of(issue: Issue): Words {
    if (issue.message.startsWith('\u0001')) return this.#words[Number(issue.message.slice(1))] ?? CORRECT(issue.message);
    const params = issue.code === 'custom' ? (issue.params ?? {}) : {};
    const words = CORRECT(issue.message);
    return {
      code: typeof params['code'] === 'string' ? params['code'] : words.code,
      message: words.message,
      remedy: typeof params['remedy'] === 'string' ? params['remedy'] : words.remedy,
    };
  }
}

const CORRECT = (message: string): Words => ({ code: 'yaml.wrong-value', message, remedy: 'Correct the value.' });

function diagnose(document: YamlDocument, told: Told, issue: Issue, above: readonly PropertyKey[]): Diagnostic[] {
  const path = [...above, ...issue.path].filter((step): step is string | number => typeof step !== 'symbol');
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return diagnoseUnion(document, told, issue, path);
  const { code, message, remedy } = told.of(issue);
  if (issue.code === 'unrecognized_keys') {
    const allowed = remedy === '' ? [] : (JSON.parse(remedy) as string[]);
    return issue.keys.map((key) => ({
      ...document.error([...path, key], code, `there is no "${short(key)}" ${whereOf(path)}`, suggest(key, allowed)),
      range: document.keyAt([...path, key]),
    }));
  }
  if (issue.code === 'invalid_key') {
    const inner = issue.issues[0];
    const words = inner === undefined ? CORRECT(message) : told.of(inner);
    return [
      {
        ...document.error(path, words.code, `"${short(String(path.at(-1)))}" is no name here: ${words.message}`, words.remedy),
        range: document.keyAt(path),
      },
    ];
  }
  return [document.error(path, code, nameMissing(path, message), remedy)];
}

// The alternative that got furthest is the one that was meant: the fewest errors among those whose kind of value fits.
function diagnoseUnion(
  document: YamlDocument,
  told: Told,
  issue: Issue & { code: 'invalid_union' },
  path: readonly PropertyKey[],
): Diagnostic[] {
  const fitting = issue.errors.filter((errors) => !errors.some((error) => error.path.length === 0 && error.code === 'invalid_type'));
  const atRoot = (errors: readonly Issue[]): number => errors.filter((error) => error.path.length === 0).length;
  const best = fitting.toSorted((a, b) => atRoot(a) - atRoot(b) || a.length - b.length)[0];
  if (best !== undefined) return best.flatMap((error) => diagnose(document, told, error, path));
  const expected = [...new Set(issue.errors.flat().flatMap((error) => (error.code === 'invalid_type' ? [kindOf(error.expected)] : [])))];
  const { code } = told.of(issue);
  const steps = path.filter((step): step is string | number => typeof step !== 'symbol');
  return [document.error(steps, code, `${expected.join(' or ')} is expected ${whereOf(steps.slice(0, -1), steps.at(-1))}`, 'Write it so.')];
}

function nameMissing(path: readonly (string | number)[], message: string): string {
  return message === MISSING ? `"${short(String(path.at(-1) ?? 'the document'))}" is missing ${whereOf(path.slice(0, -1))}` : message;
}

const MISSING = '\u0002missing';

function wordsOf(raw: Raw): Words {
  switch (raw.code) {
    case 'invalid_type':
      if (raw.input === undefined) return { code: 'yaml.missing', message: MISSING, remedy: `Add it: ${kindOf(raw.expected)}.` };
      return {
        code: 'yaml.wrong-type',
        message: `${kindOf(raw.expected)} is expected, and this is ${kindOfValue(raw.input)}`,
        remedy: remedyOfType(raw.expected, raw.input),
      };
    case 'unrecognized_keys':
      // The allowed keys travel in the remedy until the place of each unknown key is known.
      return { code: 'yaml.unknown-key', message: '', remedy: JSON.stringify(keysOf(raw.inst)) };
    case 'invalid_value': {
      const values = raw.values.map(String);
      const given = typeof raw.input === 'string' ? raw.input : JSON.stringify(raw.input);
      if (raw.input === undefined)
        return { code: 'yaml.missing', message: MISSING, remedy: `Add it: one of ${values.slice(0, 20).join(', ')}.` };
      return {
        code: 'yaml.wrong-value',
        message: `${short(given ?? 'this')} is none of the possible values`,
        remedy: suggest(given ?? '', values),
      };
    }
    case 'too_big':
      return {
        code: 'yaml.too-large-value',
        message: `this is more than ${raw.maximum}${unitOf(raw.origin)}`,
        remedy: `At most ${raw.maximum}${unitOf(raw.origin)}.`,
      };
    case 'too_small':
      return {
        code: 'yaml.too-small-value',
        message: `this is less than ${raw.minimum}${unitOf(raw.origin)}`,
        remedy: `At least ${raw.minimum}${unitOf(raw.origin)}.`,
      };
    case 'invalid_union':
      return { code: 'yaml.wrong-value', message: 'this fits none of the possible forms', remedy: optionsOf(raw) };
    default:
      return CORRECT('this value has not the expected form');
  }
}

function optionsOf(raw: Raw): string {
  const options = (raw as { options?: unknown }).options;
  return Array.isArray(options) ? `Possible here: ${options.slice(0, 20).join(', ')}.` : 'Correct the value.';
}

function keysOf(schema: unknown): string[] {
  const def = (schema as { _zod?: { def?: { shape?: Record<string, unknown> } } } | undefined)?._zod?.def;
  return Object.keys(def?.shape ?? {});
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  null: 'nothing',
};

function kindOf(expected: string): string {
  return KINDS[expected] ?? `a ${expected}`;
}

function kindOfValue(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? `the number ${value}` : `the ${typeof value} ${String(value)}`;
}

function remedyOfType(expected: string, value: unknown): string {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return 'Put it in quotes.';
  if (expected === 'array' && value !== null && typeof value !== 'object') return `Write a list: [${short(String(value))}].`;
  return `Write ${kindOf(expected)} here.`;
}

function unitOf(origin: string): string {
  return origin === 'string' ? ' characters' : origin === 'array' || origin === 'set' ? ' entries' : '';
}

function whereOf(path: readonly PropertyKey[], last?: PropertyKey): string {
  const steps = last === undefined ? path : [...path, last];
  return steps.length === 0
    ? 'at the top of the file'
    : `in ${steps
        .map((step) => (typeof step === 'number' ? `[${step}]` : short(String(step))))
        .join('.')
        .replaceAll('.[', '[')}`;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
