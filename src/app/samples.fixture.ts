import type { z } from 'zod';

/**
 * Values that fit a schema of the wire, made from the schema itself, and the places of its scalars: what a test needs to
 * send every route a right request and then each wrong one.
 */
type Def = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
};

const hex = (length: number): string => 'a'.repeat(length);
const PREFIXES =
  'org per bot tok tea svc env run job rnr agt art rep att wvr inc ver chg apr rel frz dec dep act fct hok src reg bkg hld res bak wlt rky rid sgr tkt dlv sub tel idp ppr mrq fst cpi cpl ivt pdn prm rpd'.split(
    ' ',
  );

/** Strings that routes ask for: names, digests, instants, ids, texts. The first that a schema takes is its sample. */
const WORDS: readonly string[] = [
  'shop',
  'one line',
  'release,deployment',
  '1.17',
  `file:${hex(16)}`,
  'ada@example.org',
  `sha256:${hex(64)}`,
  '2030-01-01T00:00:00.000Z',
  hex(40),
  hex(64),
  'a long enough password',
  'FREQ=WEEKLY;BYDAY=FR',
  'Europe/Berlin',
  '1.2.3',
  'PT1H',
  '7',
  'c2l4dGVlbiBieXRlcyEh',
  'https://example.org/x',
  'EUR',
  `ym_go_${hex(64)}`,
  `ntc_${hex(32)}`,
  `con_${hex(32)}`,
  'U0123456789',
  '/path',
  '2030-01-01T10:00',
  'CVE-2026-0001',
  '2030-01-01',
  ...PREFIXES.map((prefix) => `${prefix}_${hex(32)}`),
];
const NUMBERS = [1, 2, 10, 1000, 60_000, 0.5, 0];

const defOf = (schema: z.ZodType): Def => (schema as unknown as { def: Def }).def;

/** A value that the schema takes, with every optional field filled in. */
export function sampleOf(schema: z.ZodType): unknown {
  const def = defOf(schema);
  if (def.shape !== undefined) return Object.fromEntries(Object.entries(def.shape).map(([key, field]) => [key, sampleOf(field)]));
  if (def.element !== undefined) return listOf(schema, sampleOf(def.element));
  if (def.valueType !== undefined && def.keyType !== undefined) return { [String(sampleOf(def.keyType))]: sampleOf(def.valueType) };
  if (def.entries !== undefined) return Object.values(def.entries)[0];
  if (def.values !== undefined) return def.values[0];
  if (def.options !== undefined) return sampleOf(def.options[0] as z.ZodType);
  if (def.type === 'pipe' && def.in !== undefined && defOf(def.in).type !== 'transform') return sampleOf(def.in);
  if (def.innerType !== undefined) return sampleOf(def.innerType);
  const found = [...WORDS, ...NUMBERS, true].find((value) => schema.safeParse(value).success);
  if (found === undefined) throw new Error(`no sample fits a schema of type ${def.type}; add one to the list`);
  return found;
}

/** As many items as the schema takes. */
function listOf(schema: z.ZodType, item: unknown): unknown[] {
  const lengths = Array.from({ length: 64 }, (_, at) => at + 1);
  const length = lengths.find((count) => schema.safeParse(Array.from({ length: count }, () => item)).success);
  if (length === undefined) throw new Error('no number of items fits a list');
  return Array.from({ length }, () => item);
}

export type Scalar = { readonly path: readonly (string | number)[]; readonly nullable: boolean };

/** The places of the scalars of `sample`, a sample of `schema`. */
export function scalarsOf(schema: z.ZodType, path: readonly (string | number)[] = [], nullable = false): Scalar[] {
  const def = defOf(schema);
  if (def.shape !== undefined) return Object.entries(def.shape).flatMap(([key, field]) => scalarsOf(field, [...path, key]));
  if (def.element !== undefined) return scalarsOf(def.element, [...path, 0]);
  if (def.valueType !== undefined && def.keyType !== undefined) return scalarsOf(def.valueType, [...path, String(sampleOf(def.keyType))]);
  if (def.options !== undefined) return scalarsOf(def.options[0] as z.ZodType, path, nullable);
  if (def.type === 'pipe' && def.in !== undefined && defOf(def.in).type !== 'transform') return scalarsOf(def.in, path, nullable);
  if (def.innerType !== undefined) return scalarsOf(def.innerType, path, nullable || def.type === 'nullable');
  return [{ path, nullable }];
}

/** `value` with another value at `path`. */
export function withValue(value: unknown, path: readonly (string | number)[], other: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return other;
  if (Array.isArray(value)) return value.map((item, at) => (at === first ? withValue(item, rest, other) : item));
  return { ...(value as object), [first]: withValue((value as Record<string, unknown>)[first], rest, other) };
}
