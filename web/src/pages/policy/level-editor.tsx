import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { proposePolicy } from '../../../../src/contract/gates.ts';
import type {
  checkPolicyLevel,
  PolicyLevel,
  proposeTeamPolicy,
  putMinimum,
  putTeamPolicy,
  stackGates,
} from '../../../../src/contract/policy-levels.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { call, type Refusal } from '../../api/client.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Button, Panel, Problem, Select, Tag } from '../../kit/index.ts';
import { Backtest } from './backtest.tsx';
import { cells } from './cells.ts';
import { Lines, useRested } from './text.tsx';

type Checked = AnswerOf<typeof checkPolicyLevel>;
type Gates = AnswerOf<typeof stackGates>;
const STACKS = [
  ['node', 'Node.js'],
  ['jvm', 'JVM'],
  ['python', 'Python'],
  ['dotnet', '.NET'],
  ['go', 'Go'],
  ['container', 'Container image'],
] as const;
const TIERS = [
  ['1', 'tier 1, critical'],
  ['2', 'tier 2, important'],
  ['3', 'tier 3, low risk'],
] as const;
const EMPTY = 'title: What is asked\nrequires: []\n';

/** A text to change, checked while it is written: its errors, also where it asks less than what is above it, at their words. */
export function LevelEditor({ of, onClose }: { readonly of: PolicyLevel; readonly onClose: () => void }): ReactNode {
  const [source, setSource] = useState(of.source ?? EMPTY);
  /** What was put into the text and not touched since: nothing of it is lost. */
  const [begun, setBegun] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const rested = useRested(source, 400);
  const check = useQuery<Checked, Refusal>({
    queryKey: ['check of a level', of.level, rested],
    queryFn: ({ signal }) =>
      call<typeof checkPolicyLevel>('POST', '/v1/policy-levels/check', { body: { level: of.level, source: rested } }, { signal }),
    enabled: rested.trim() !== '',
    placeholderData: (before) => before,
  });
  const fresh = rested === source && !check.isFetching && !check.isPlaceholderData;
  const because =
    source === (of.source ?? EMPTY)
      ? 'nothing is changed'
      : !fresh
        ? 'it is being checked'
        : check.data?.valid !== true
          ? 'it has errors'
          : null;
  const begin = (
    <Begin
      replaces={source !== EMPTY && source !== begun}
      onText={(text) => {
        setSource(text);
        setBegun(text);
      }}
    />
  );
  return (
    <div className="space-y-4">
      {of.source === null ? begin : null}
      <Panel
        title={of.team === null ? 'Change the minimum' : `Change what ${of.team} asks`}
        actions={
          <>
            <Button onClick={onClose}>Leave it</Button>
            <Button kind="primary" because={because} onClick={() => setSaving(true)}>
              {of.approvals > 0 ? 'Propose' : `Save as version ${of.version + 1}`}
            </Button>
          </>
        }
      >
        <textarea
          aria-label="the document"
          aria-invalid={check.data !== undefined && !check.data.valid}
          aria-describedby="level-check"
          spellCheck={false}
          autoCapitalize="off"
          maxLength={1_048_576}
          value={source}
          rows={22}
          onChange={(event) => setSource(event.target.value)}
          className="w-full resize-y rounded-md border border-edge bg-surface p-2 font-mono text-sm whitespace-pre"
        />
        <p id="level-check" role="status" className="mt-2 flex flex-wrap items-center gap-2">
          <Words checked={check.data} fresh={fresh} />
        </p>
        {check.error === null ? null : <Problem of={check.error.problem} />}
      </Panel>
      {check.data === undefined || check.data.diagnostics.length === 0 ? null : (
        <Panel flush title={check.data.valid ? 'Warnings, at their words' : 'Errors, at their words'}>
          <Lines text={rested} diagnostics={check.data.diagnostics} />
        </Panel>
      )}
      <Backtest of={{ change: of.team === null ? { level: 'organisation' } : { team: of.team }, source: rested }} because={because} />
      {of.source === null ? null : begin}
      {saving ? (
        <Save of={of} source={source} changed={check.data?.changed ?? []} onClose={() => setSaving(false)} onDone={onClose} />
      ) : null}
    </div>
  );
}

type BeginProps = { readonly replaces: boolean; readonly onText: (text: string) => void };

/** The gates that come with the program, as a text to begin with; where something stands there already it asks first. */
function Begin({ replaces, onText }: BeginProps): ReactNode {
  const [asking, ask] = useState(false);
  const [stack, setStack] = useState('node');
  const [tier, setTier] = useState('2');
  const gates = useQuery<Gates, Refusal>({
    queryKey: ['gates of a stack', stack, tier],
    queryFn: ({ signal }) =>
      call<typeof stackGates>(
        'GET',
        '/v1/policy-levels/stacks/{stack}',
        { params: { stack: stack as 'node' }, query: { tier: Number(tier) } },
        { signal },
      ),
  });
  const text = gates.data?.text;
  const put = (): void => {
    if (text !== undefined) onText(text);
  };
  return (
    <Panel title="Gates that come with the program">
      <div className="flex flex-wrap items-end gap-3">
        <Select label="Stack" value={stack} onChange={setStack} options={STACKS} />
        <Select label="Tier" value={tier} onChange={setTier} options={TIERS} />
        <Button because={text === undefined ? 'it is being read' : null} onClick={() => (replaces ? ask(true) : put())}>
          Put it into the text
        </Button>
      </div>
      {asking ? (
        <Ask
          title="Replace the text?"
          says={<p>What stands in the text now goes, and what comes with the program takes its place. Nothing is saved by that.</p>}
          does="Replace it"
          reason="none"
          busy={false}
          problem={null}
          onClose={() => ask(false)}
          onDo={() => {
            put();
            ask(false);
          }}
        />
      ) : null}
      {gates.error === null ? null : <Problem of={gates.error.problem} />}
    </Panel>
  );
}

function Words({ checked, fresh }: { readonly checked: Checked | undefined; readonly fresh: boolean }): ReactNode {
  if (!fresh || checked === undefined) return <Tag icon="wait">being checked</Tag>;
  if (!checked.valid)
    return (
      <Tag tone="deny" icon="deny">
        {checked.diagnostics.length} {checked.diagnostics.length === 1 ? 'error' : 'errors'}
      </Tag>
    );
  return (
    <>
      <Tag tone="allow" icon="done">
        no errors
      </Tag>
      <span>{checked.examples.length === 0 ? 'It carries no examples.' : `${checked.examples.length} examples of its own hold.`}</span>
    </>
  );
}

type SaveProps = {
  readonly of: PolicyLevel;
  readonly source: string;
  readonly changed: Checked['changed'];
  readonly onClose: () => void;
  readonly onDone: () => void;
};

function Save({ of, source, changed, onClose, onDone }: SaveProps): ReactNode {
  const minimum = useAct<typeof putMinimum>('PUT', '/v1/policy-levels/organisation');
  const own = useAct<typeof putTeamPolicy>('PUT', '/v1/teams/{team}/policy');
  const propose = useAct<typeof proposePolicy>('POST', '/v1/policies/{policy}/proposals');
  const ask = useAct<typeof proposeTeamPolicy>('POST', '/v1/teams/{team}/policy/proposals');
  const asks = of.approvals > 0;
  const body = { source, version: of.version };
  return (
    <Ask
      title={asks ? 'Propose this change' : `Make version ${of.version + 1}`}
      says={
        <p>
          {asks ? 'It waits for another person. Then, and not before: ' : ''}decisions read it from now on, for{' '}
          {of.services === 1 ? 'one service' : `${of.services} services`}. Approvals of releases whose rules it changes are void.
          {of.team === null ? ` Changed: ${cells(changed)}.` : ''}
        </p>
      }
      does={asks ? 'Propose' : 'Save'}
      reason={asks ? 'required' : 'none'}
      busy={minimum.busy || own.busy || propose.busy || ask.busy}
      problem={minimum.problem ?? own.problem ?? propose.problem ?? ask.problem}
      onClose={onClose}
      onDo={async (reason) => {
        const done =
          of.team !== null
            ? asks
              ? await ask.act({ params: { team: of.team }, body: { ...body, reason } })
              : await own.act({ params: { team: of.team }, body })
            : asks
              ? await propose.act({ params: { policy: 'minimum' }, body: { ...body, reason } })
              : await minimum.act({ body });
        if (done !== null) onDone();
      }}
    />
  );
}
