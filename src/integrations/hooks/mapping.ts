import type { MappingWritten } from '../../contract/hooks.ts';
import { compileCel, type CompiledCel, type CelValue } from '../../kernel/cel.ts';
import type { InputKind, Inputs } from './inputs.port.ts';

/**
 * A mapping: which of our inputs a foreign payload is, and what its fields are, in CEL over `headers`, `body` and
 * `delivery`. It reads and never acts. What is missing is unknown, and an unknown never becomes a value, nor a no.
 */
export type Mapping = { readonly rules: readonly Rule[] };
type Evaluate = Extract<CompiledCel, { ok: true }>['evaluate'];
type Rule = {
  readonly when: Evaluate | null;
  readonly input: InputKind;
  readonly fields: readonly { readonly name: string; readonly optional: boolean; readonly evaluate: Evaluate }[];
};

const VARIABLES = ['headers', 'body', 'delivery'] as const;

/** Compiles a mapping, or says everything that is wrong with it, each with its place. */
export function readMapping(
  written: MappingWritten,
  fieldsOf: Inputs['fields'],
): { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly wrong: readonly string[] } {
  const wrong: string[] = [];
  const compile = (source: string, place: string): Evaluate => {
    const compiled = compileCel(source, VARIABLES);
    if (compiled.ok) return compiled.evaluate;
    wrong.push(`${place}: ${compiled.message} (at ${compiled.offset + 1})`);
    return () => ({ kind: 'unknown', why: 'it was not compiled' });
  };
  const rules = written.rules.map((rule, at): Rule => {
    const place = `rules.${at + 1}`;
    const { required, optional } = fieldsOf(rule.input);
    const given = Object.keys(rule.fields).map((name) => name.replace(/\?$/, ''));
    for (const name of required) if (!given.includes(name)) wrong.push(`${place}.fields: ${rule.input} needs ${name}`);
    for (const [index, name] of given.entries()) {
      if (![...required, ...optional].includes(name)) wrong.push(`${place}.fields.${name}: ${rule.input} has no such field`);
      if (given.indexOf(name) !== index) wrong.push(`${place}.fields.${name}: it is given twice`);
    }
    return {
      when: rule.when === undefined ? null : compile(rule.when, `${place}.when`),
      input: rule.input,
      fields: Object.entries(rule.fields).map(([name, source]) => ({
        name: name.replace(/\?$/, ''),
        optional: name.endsWith('?'),
        evaluate: compile(source, `${place}.fields.${name}`),
      })),
    };
  });
  return wrong.length === 0 ? { ok: true, mapping: { rules } } : { ok: false, wrong };
}

export type Heard = { readonly headers: Readonly<Record<string, string>>; readonly body: unknown; readonly delivery: string };
export type Mapped =
  | { readonly kind: 'input'; readonly rule: number; readonly input: InputKind; readonly fields: Readonly<Record<string, CelValue>> }
  | { readonly kind: 'nothing' }
  /** It could not be found out: which rule, from 1, and what is missing. */
  | { readonly kind: 'unknown'; readonly rule: number; readonly wrong: readonly string[] };

/** What a delivery says, by the first rule that fits. Where a rule can't be answered no later one is asked. */
export function applyMapping({ rules }: Mapping, heard: Heard): Mapped {
  for (const [at, { when, input, fields }] of rules.entries()) {
    const rule = at + 1;
    const fits = when?.({ ...heard }) ?? ({ kind: 'value', value: true } as const);
    if (fits.kind === 'unknown') return { kind: 'unknown', rule, wrong: [`rule ${rule}, when: ${fits.why}`] };
    if (typeof fits.value !== 'boolean') return { kind: 'unknown', rule, wrong: [`rule ${rule}, when: it answers neither true nor false`] };
    if (!fits.value) continue;
    const wrong: string[] = [];
    const values: [string, CelValue][] = [];
    for (const { name, optional, evaluate } of fields) {
      const answer = evaluate({ ...heard });
      if (answer.kind === 'value' && !(optional && answer.value === null)) values.push([name, answer.value]);
      else if (answer.kind === 'unknown' && !optional) wrong.push(`rule ${rule}, ${name}: ${answer.why}`);
    }
    return wrong.length > 0 ? { kind: 'unknown', rule, wrong } : { kind: 'input', rule, input, fields: Object.fromEntries(values) };
  }
  return { kind: 'nothing' };
}
