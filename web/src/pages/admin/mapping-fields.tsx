import { useState, type ReactNode } from 'react';
import type { MappingWritten, tryMapping } from '../../../../src/contract/hooks.ts';
import { useAct } from '../../api/query.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Area, Button, Field, Problem, Select, Tag } from '../../kit/index.ts';

type Input = MappingWritten['rules'][number]['input'];
type Line = { readonly name: string; readonly cel: string };
/** A rule as it is typed: its fields in the order in which they were added. */
export type RuleTyped = { readonly when: string; readonly input: Input; readonly fields: readonly Line[] };

/** What each input needs at least, so that a new rule begins with the right lines. `heads` only says: look there. */
const NEEDS: Readonly<Record<Input, readonly string[]>> = {
  build: ['service', 'system', 'id', 'commit', 'state'],
  report: ['service', 'system', 'id', 'commit', 'kind', 'content'],
  artifact: ['service', 'system', 'id', 'commit', 'name', 'digest'],
  attestation: ['service', 'envelope'],
  deployment: ['release', 'environment', 'state', 'system', 'id'],
  incident: ['service', 'environment', 'system', 'id', 'title'],
  ticket: ['service', 'system', 'key', 'title', 'state'],
  heads: ['repository'],
};

export const FIRST_RULE: RuleTyped = {
  when: '',
  input: 'build',
  fields: NEEDS.build.map((name) => ({ name, cel: '' })),
};

/** A mapping as it is typed. */
export function typedOf(mapping: MappingWritten | null): readonly RuleTyped[] {
  if (mapping === null) return [FIRST_RULE];
  return mapping.rules.map(({ when = '', input, fields }) => ({
    when,
    input,
    fields: Object.entries(fields).map(([name, cel]) => ({ name, cel })),
  }));
}

/** The mapping as it is sent: lines without CEL are left out. */
export function mappingOf(rules: readonly RuleTyped[]): MappingWritten {
  return {
    rules: rules.map(({ when, input, fields }) => ({
      ...(when.trim() === '' ? {} : { when }),
      input,
      fields: Object.fromEntries(fields.flatMap(({ name, cel }) => (name === '' || cel.trim() === '' ? [] : [[name, cel]]))),
    })),
  };
}

/** Whether there is something in every rule. */
export function isFilled(rules: readonly RuleTyped[]): boolean {
  return rules.length > 0 && rules.every((rule) => rule.fields.some((line) => line.name !== '' && line.cel.trim() !== ''));
}

type Props = { readonly rules: readonly RuleTyped[]; readonly onChange: (rules: readonly RuleTyped[]) => void };

/** Which payload is what, rule by rule, and a place to try them. */
export function MappingFields({ rules, onChange }: Props): ReactNode {
  const change = (at: number, more: Partial<RuleTyped>): void =>
    onChange(rules.map((rule, index) => (index === at ? { ...rule, ...more } : rule)));
  return (
    <div className="space-y-3">
      <p className="text-sm text-quiet">
        CEL over <code>headers</code>, <code>body</code> and <code>delivery</code>. The first rule that is true decides; a field whose name
        ends with <code>?</code> may be missing.
      </p>
      {rules.map((rule, at) => (
        // Rules have no name of their own, and their order is what counts.
        // oxlint-disable-next-line react/no-array-index-key
        <fieldset key={at} className="min-w-0 space-y-2 rounded-md border border-line p-3">
          <legend className="px-1 text-sm font-medium">Rule {at + 1}</legend>
          <div className="grid gap-2 sm:grid-cols-[minmax(0,1fr)_12rem]">
            <Field
              label="When"
              placeholder={'headers["x-event"] == "build"'}
              hint="Empty: always."
              spellCheck={false}
              maxLength={2000}
              value={rule.when}
              onChange={(event) => change(at, { when: event.target.value })}
            />
            <Select
              label="it is"
              value={rule.input}
              onChange={(value) => change(at, { input: value as Input, fields: withNeeds(rule.fields, value as Input) })}
              options={Object.keys(NEEDS).map((one) => [one, one === 'heads' ? 'a push: look at the repository' : one] as const)}
            />
          </div>
          <Lines of={rule.fields} onChange={(fields) => change(at, { fields })} />
          {rules.length === 1 ? null : (
            <Button kind="quiet" aria-label={`remove rule ${at + 1}`} onClick={() => onChange(rules.filter((_, index) => index !== at))}>
              Remove this rule
            </Button>
          )}
        </fieldset>
      ))}
      <Button disabled={rules.length >= 50} onClick={() => onChange([...rules, FIRST_RULE])}>
        Add a rule
      </Button>
      <Try rules={rules} />
    </div>
  );
}

/** Lines that were filled stay; those that the input needs are added. */
function withNeeds(lines: readonly Line[], input: Input): readonly Line[] {
  const kept = lines.filter((line) => line.cel.trim() !== '' || NEEDS[input].includes(line.name));
  const names = new Set(kept.map((line) => line.name.replace(/\?$/, '')));
  return [...kept, ...NEEDS[input].filter((name) => !names.has(name)).map((name) => ({ name, cel: '' }))];
}

function Lines({ of, onChange }: { readonly of: readonly Line[]; readonly onChange: (lines: readonly Line[]) => void }): ReactNode {
  const change = (at: number, more: Partial<Line>): void => onChange(of.map((line, index) => (index === at ? { ...line, ...more } : line)));
  return (
    <div className="space-y-2">
      {of.map((line, at) => (
        // As with rules.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="grid grid-cols-[minmax(0,8rem)_minmax(0,1fr)] gap-2">
          <Field
            label={at === 0 ? 'Field' : `Field ${at + 1}`}
            maxLength={41}
            spellCheck={false}
            value={line.name}
            onChange={(event) => change(at, { name: event.target.value.trim() })}
          />
          <Field
            label={at === 0 ? 'CEL' : `CEL of ${line.name || `field ${at + 1}`}`}
            placeholder="body.build.number"
            maxLength={2000}
            spellCheck={false}
            value={line.cel}
            onChange={(event) => change(at, { cel: event.target.value })}
          />
        </div>
      ))}
      <Button kind="quiet" onClick={() => onChange([...of, { name: '', cel: '' }])}>
        Add a field
      </Button>
    </div>
  );
}

function Try({ rules }: { readonly rules: readonly RuleTyped[] }): ReactNode {
  const [payload, setPayload] = useState('');
  const [headers, setHeaders] = useState('');
  const [found, setFound] = useState<AnswerOf<typeof tryMapping> | null>(null);
  const trial = useAct<typeof tryMapping>('POST', '/v1/hooks/try');
  const ask = (): void =>
    void trial.act({ body: { mapping: mappingOf(rules), body: payload, headers: headersIn(headers) } }).then((answer) => setFound(answer));
  return (
    <details className="rounded-md border border-line p-3">
      <summary className="font-medium">Try it with a payload</summary>
      <div className="mt-3 space-y-3">
        <Area
          label="Payload"
          rows={5}
          placeholder={'{"build": {"number": 41}}'}
          spellCheck={false}
          value={payload}
          onChange={(event) => setPayload(event.target.value)}
        />
        <Area
          label="Headers"
          rows={2}
          placeholder="x-event: build"
          hint="One a line. Nothing of this is kept."
          spellCheck={false}
          value={headers}
          onChange={(event) => setHeaders(event.target.value)}
        />
        <Button
          busy={trial.busy}
          because={payload === '' ? 'there is no payload' : isFilled(rules) ? null : 'a rule is empty'}
          onClick={ask}
        >
          Try it
        </Button>
        {trial.problem === null ? null : <Problem of={trial.problem} />}
        {found === null ? null : <Found of={found} />}
      </div>
    </details>
  );
}

function Found({ of }: { readonly of: AnswerOf<typeof tryMapping> }): ReactNode {
  return (
    <div role="status" className="space-y-2">
      <p>
        <Tag tone={of.wrong.length > 0 ? 'deny' : of.rule === null ? 'wait' : 'allow'}>
          {of.wrong.length > 0 ? 'not taken' : of.rule === null ? 'no rule fits' : 'taken'}
        </Tag>{' '}
        {of.rule === null ? 'It would be kept and pass.' : `Rule ${of.rule} says: ${of.input ?? 'nothing'}.`}
      </p>
      {of.wrong.map((one) => (
        <p key={one} className="break-words text-deny">
          {one}
        </p>
      ))}
      {Object.keys(of.fields).length === 0 ? null : (
        <pre className="overflow-x-auto rounded bg-sunk p-2 text-sm">{JSON.stringify(of.fields, null, 2)}</pre>
      )}
    </div>
  );
}

function headersIn(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 1 ? [] : [[line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()] as const];
    }),
  );
}
