import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import type { checkPolicy, explainPolicy, proposePolicy, putPolicy } from '../../../../src/contract/gates.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { call, type Refusal } from '../../api/client.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Panel, Problem, Tag } from '../../kit/index.ts';
import { Backtest } from './backtest.tsx';
import { cells } from './cells.ts';
import { Examples } from './rules.tsx';

type Explained = AnswerOf<typeof explainPolicy>;
type Checked = AnswerOf<typeof checkPolicy>;
type Diagnostic = Checked['diagnostics'][number];

/** The document with its lines numbered; with leave, as a text to change that is checked while it is written. */
export function Text({ of }: { readonly of: Explained }): ReactNode {
  const [editing, setEditing] = useState(false);
  const may = useMay()('policy.write');
  const because = may ? (of.version === of.newest ? null : 'this is an older version') : 'you hold no role that may change policies';
  return editing ? (
    <Editor of={of} onClose={() => setEditing(false)} />
  ) : (
    <Panel
      flush
      title={`${of.name}.yaml, version ${of.version}`}
      actions={
        <Button because={because} onClick={() => setEditing(true)}>
          Change
        </Button>
      }
    >
      <Lines text={of.text} diagnostics={[]} />
    </Panel>
  );
}

/** Lines with numbers; what is wrong is underlined at its words, and said below its line. */
export function Lines({ text, diagnostics }: { readonly text: string; readonly diagnostics: readonly Diagnostic[] }): ReactNode {
  const lines = text.replace(/\n$/, '').split('\n');
  // Of a text with something to say only what is around them.
  const near = (line: number): boolean => diagnostics.length === 0 || diagnostics.some((one) => Math.abs(one.line - line) <= 3);
  return (
    <div className="max-h-[70dvh] overflow-auto py-2" tabIndex={0} role="region" aria-label="the document">
      <ol className="w-max min-w-full font-mono text-sm">
        {lines.map((line, index) => {
          if (!near(index + 1)) return null;
          const here = diagnostics.filter((one) => one.line === index + 1);
          const soft = here.every((one) => one.severity === 'warning') ? 'bg-wait-soft' : 'bg-deny-soft';
          return (
            <li key={index} className={`flex ${here.length === 0 ? '' : soft}`}>
              <span className="sticky left-0 w-12 shrink-0 border-r border-line bg-surface px-2 text-right text-quiet select-none">
                {index + 1}
              </span>
              <span className="px-3 whitespace-pre">
                <Marked line={line} here={here} />
                {here.map((one) => (
                  <span
                    key={`${one.code} ${one.column}`}
                    className={`block max-sm:sticky max-sm:left-14 max-sm:max-w-[calc(100vw-7rem)] max-sm:pb-1 max-sm:font-sans max-sm:whitespace-normal ${one.severity === 'warning' ? 'text-wait' : 'text-deny'}`}
                  >
                    <span className="max-sm:hidden">{' '.repeat(Math.max(0, one.column - 1))}^ </span>
                    {one.message} {one.remedy}
                  </span>
                ))}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function Marked({ line, here }: { readonly line: string; readonly here: readonly Diagnostic[] }): ReactNode {
  const [first] = here;
  if (first === undefined) return line === '' ? ' ' : line;
  const from = first.column - 1;
  const to = first.endLine === first.line ? Math.max(first.endColumn - 1, from + 1) : line.length;
  return (
    <>
      {line.slice(0, from)}
      <span className="underline decoration-deny decoration-wavy underline-offset-2">{line.slice(from, to)}</span>
      {line.slice(to)}
    </>
  );
}

function Editor({ of, onClose }: { readonly of: Explained; readonly onClose: () => void }): ReactNode {
  const [source, setSource] = useState(of.text);
  const [saving, setSaving] = useState(false);
  const rested = useRested(source, 400);
  const check = useQuery<Checked, Refusal>({
    queryKey: ['check of a policy', rested],
    queryFn: ({ signal }) => call<typeof checkPolicy>('POST', '/v1/policies/check', { body: { source: rested } }, { signal }),
    enabled: rested.trim() !== '',
    placeholderData: (before) => before,
  });
  const put = useAct<typeof putPolicy>('PUT', '/v1/policies/{policy}');
  const propose = useAct<typeof proposePolicy>('POST', '/v1/policies/{policy}/proposals');
  const asks = of.approvals > 0;
  const checked = check.data;
  const fresh = rested === source && !check.isFetching && !check.isPlaceholderData;
  const because =
    source === of.text
      ? 'nothing is changed'
      : !fresh
        ? 'it is being checked'
        : checked?.valid !== true
          ? 'it has errors'
          : checked.name !== of.name
            ? `the document calls itself ${checked.name ?? 'something else'}`
            : null;
  return (
    <div className="space-y-4">
      <Panel
        title={`Change ${of.name}`}
        actions={
          <>
            <Button onClick={onClose}>Leave it</Button>
            <Button kind="primary" because={because} onClick={() => setSaving(true)}>
              {asks ? 'Propose' : `Save as version ${of.newest + 1}`}
            </Button>
          </>
        }
      >
        <textarea
          aria-label={`the document of the policy ${of.name}`}
          aria-invalid={checked !== undefined && !checked.valid}
          aria-describedby="policy-check"
          spellCheck={false}
          autoCapitalize="off"
          maxLength={1_048_576}
          value={source}
          rows={24}
          onChange={(event) => setSource(event.target.value)}
          className="w-full resize-y rounded-md border border-edge bg-surface p-2 font-mono text-sm whitespace-pre"
        />
        <p id="policy-check" role="status" className="mt-2 flex flex-wrap items-center gap-2">
          <CheckWords checked={checked} fresh={fresh} />
        </p>
        {check.error === null ? null : <Problem of={check.error.problem} />}
      </Panel>
      {checked === undefined || checked.diagnostics.length === 0 ? null : (
        <Panel flush title={checked.valid ? 'Warnings, at their words' : 'Errors, at their words'}>
          <Lines text={rested} diagnostics={checked.diagnostics} />
        </Panel>
      )}
      {checked?.valid === true ? <Examples of={checked.examples} before={of.examples} /> : null}
      <Backtest of={{ change: { policy: of.name as 'standard' }, source: rested }} because={because} />
      {saving ? (
        <Ask
          title={asks ? `Propose a change of ${of.name}` : `Make version ${of.newest + 1} of ${of.name}`}
          says={
            <>
              <p>
                {asks
                  ? `It waits for ${of.approvals === 1 ? 'another person' : `${of.approvals} other persons`}. Then, and not before: `
                  : ''}
                From now on decisions read it: for {of.used === 1 ? 'one service' : `${of.used} services`} under it. Approvals of releases
                whose rules it changes are void.
              </p>
              <p>Changed: {cells(checked?.changed ?? [])}.</p>
            </>
          }
          does={asks ? 'Propose' : 'Save'}
          reason={asks ? 'required' : 'none'}
          busy={put.busy || propose.busy}
          problem={put.problem ?? propose.problem}
          onClose={() => setSaving(false)}
          onDo={async (reason) => {
            const params = { policy: of.name };
            const body = { source, version: of.newest };
            const done = asks ? await propose.act({ params, body: { ...body, reason } }) : await put.act({ params, body });
            if (done !== null) onClose();
          }}
        />
      ) : null}
    </div>
  );
}

function CheckWords({ checked, fresh }: { readonly checked: Checked | undefined; readonly fresh: boolean }): ReactNode {
  if (!fresh || checked === undefined) return <Tag icon="wait">being checked</Tag>;
  if (checked.valid)
    return (
      <>
        <Tag tone="allow" icon="done">
          no errors
        </Tag>
        <span>
          {checked.changed.length === 0
            ? 'It asks the same as what is in force.'
            : `It changes what is asked for ${cells(checked.changed)}.`}
        </span>
      </>
    );
  return (
    <Tag tone="deny" icon="deny">
      {checked.diagnostics.length} {checked.diagnostics.length === 1 ? 'error' : 'errors'}
    </Tag>
  );
}

/** A text once nobody has typed for `ms`. */
export function useRested(value: string, ms: number): string {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return rested;
}
