import { canonicalJson } from '../../kernel/canonical.ts';
import { MAX_MATRIX, type Matrix, type Scalar } from './pipeline.ts';
import { evaluateExpression, parseTemplate } from './template.ts';

/** One combination of a matrix: axis -> value. */
export type Cell = Readonly<Record<string, Scalar>>;
export type Cells = { readonly ok: true; readonly cells: readonly Cell[] } | { readonly ok: false; readonly why: string };

/**
 * Every combination of the axes in the order written (the last axis turns fastest), without the excluded ones. An
 * `include` entry that agrees with existing combinations on all axes it shares with them adds its other values to
 * those; one that agrees with none is a combination of its own. At most 256; equal ones once.
 */
export function cellsOf(matrix: Matrix, variables: Readonly<Record<string, unknown>>): Cells {
  const axes: [string, readonly Scalar[]][] = [];
  for (const [name, written] of Object.entries(matrix.axes)) {
    const values = typeof written === 'string' ? valuesOf(written, variables) : { ok: true as const, values: written };
    if (!values.ok) return { ok: false, why: `matrix.${name}: ${values.why}` };
    axes.push([name, values.values]);
  }
  let count = axes.length === 0 ? 0 : 1;
  for (const [, values] of axes) count *= values.length;
  // Counted before anything is built: 256 axes of 256 values are no reason to run out of memory.
  if (count > MAX_MATRIX * 16) return tooMany(count);
  let cells: Cell[] = axes.length === 0 ? [] : [{}];
  for (const [name, values] of axes) cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  cells = cells.filter((cell) => !matrix.exclude.some((out) => agrees(cell, out)));
  const names = axes.map(([name]) => name);
  for (const extra of matrix.include) {
    const shared = Object.keys(extra).filter((name) => names.includes(name));
    const joins = (cell: Cell): boolean => shared.length > 0 && shared.every((name) => cell[name] === extra[name]);
    cells = cells.some(joins) ? cells.map((cell) => (joins(cell) ? { ...cell, ...extra } : cell)) : [...cells, extra];
  }
  const once = [...new Map(cells.map((cell) => [canonicalJson(cell), cell])).values()];
  if (once.length > MAX_MATRIX) return tooMany(once.length);
  return once.length === 0 ? { ok: false, why: 'the matrix has no combination left' } : { ok: true, cells: once };
}

function tooMany(count: number): Cells {
  return { ok: false, why: `the matrix has ${count} combinations, and ${MAX_MATRIX} are the most` };
}

function agrees(cell: Cell, pattern: Cell): boolean {
  return Object.keys(pattern).length > 0 && Object.entries(pattern).every(([name, value]) => cell[name] === value);
}

type Values = { readonly ok: true; readonly values: readonly Scalar[] } | { readonly ok: false; readonly why: string };

function valuesOf(template: string, variables: Readonly<Record<string, unknown>>): Values {
  const parsed = parseTemplate(template);
  const only = parsed.ok && parsed.parts.length === 1 ? parsed.parts[0] : undefined;
  if (only?.kind !== 'expression') return { ok: false, why: 'one expression that gives a list is expected' };
  const answer = evaluateExpression(only.source, variables);
  if (!answer.ok) return answer;
  const values: unknown = answer.value;
  if (!Array.isArray(values) || values.length === 0) return { ok: false, why: 'it gives no list, or an empty one' };
  if (!values.every((value) => ['string', 'number', 'boolean'].includes(typeof value)))
    return { ok: false, why: 'its list holds more than texts, numbers and booleans' };
  return { ok: true, values: values as Scalar[] };
}
