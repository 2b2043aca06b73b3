import { useState, type ReactNode } from 'react';
import type { approveProposal, listProposals, ProposalView, rejectProposal, withdrawProposal } from '../../../../src/contract/gates.ts';
import type { listTeamProposals } from '../../../../src/contract/policy-levels.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Ask, Button, Empty, Loaded, Panel, Person, Tag, When } from '../../kit/index.ts';
import { Backtest } from './backtest.tsx';
import { cells } from './cells.ts';

type Step = 'approve' | 'reject' | 'withdraw';
const LIVE = { live: ['policy', 'policychange'] } as const;
const TONES = { open: 'wait', applied: 'allow', rejected: 'deny', withdrawn: undefined } as const;

/** Changes of a policy that wait for other persons, or were decided on: what each takes away and adds, and who may decide. */
export function Proposals({ policy, me }: { readonly policy: string; readonly me: string | null }): ReactNode {
  const list = useAnswer<typeof listProposals>('/v1/policies/{policy}/proposals', { params: { policy: policy as 'standard' } }, LIVE);
  const command = policy === 'minimum' ? 'ym policy put-minimum minimum.yaml' : `ym policy put ${policy} ${policy}.yaml`;
  return <Listed of={list} me={me} command={`${command} --reason "..."`} />;
}

/** The same of what a team asks. */
export function TeamProposals({ team, me }: { readonly team: string; readonly me: string | null }): ReactNode {
  const list = useAnswer<typeof listTeamProposals>('/v1/teams/{team}/policy/proposals', { params: { team } }, LIVE);
  return <Listed of={list} me={me} command={`ym policy put-team ${team} ${team}.yaml --reason "..."`} />;
}

type ListedProps = {
  readonly of: ReturnType<typeof useAnswer<typeof listProposals>>;
  readonly me: string | null;
  readonly command: string;
};

function Listed({ of: list, me, command }: ListedProps): ReactNode {
  const [act, setAct] = useState<{ readonly of: ProposalView; readonly step: Step } | null>(null);
  return (
    <Loaded of={list} lines={4}>
      {({ items }) => (
        <div className="space-y-4">
          {items.length === 0 ? (
            <Empty title="No change was proposed" command={command}>
              What says{' '}
              <code>
                changes: {'{'} approvals: 1 {'}'}
              </code>{' '}
              is changed with the approval of another person. Propose a change on the tab Text, or:
            </Empty>
          ) : null}
          {items.map((one) => (
            <Panel
              key={one.id}
              title={`Change of version ${one.from}`}
              actions={
                one.state === 'open' ? (
                  <>
                    {one.proposedBy.id === me ? <Button onClick={() => setAct({ of: one, step: 'withdraw' })}>Take back</Button> : null}
                    <Button because={one.because} onClick={() => setAct({ of: one, step: 'reject' })}>
                      Reject
                    </Button>
                    <Button kind="primary" because={one.because} onClick={() => setAct({ of: one, step: 'approve' })}>
                      Approve
                    </Button>
                  </>
                ) : null
              }
            >
              <Words of={one} />
              <Diff of={one} />
              {one.state === 'open' ? (
                <div className="mt-3">
                  <Backtest of={{ change: { proposal: one.id } }} because={null} />
                </div>
              ) : null}
            </Panel>
          ))}
          {act === null ? null : <AskStep {...act} onClose={() => setAct(null)} />}
        </div>
      )}
    </Loaded>
  );
}

function Words({ of }: { readonly of: ProposalView }): ReactNode {
  const tone = TONES[of.state];
  return (
    <div className="space-y-1">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Tag {...(tone === undefined ? {} : { tone })}>
          {of.state === 'open' ? `waits for ${of.needed - of.approvedBy.length} more` : of.state}
        </Tag>
        <span>
          proposed by <Person id={of.proposedBy.id} name={of.proposedBy.name} />, <When at={of.createdAt} />
        </span>
        {of.approvedBy.map((one) => (
          <span key={one.id}>
            approved by <Person id={one.id} name={one.name} />
          </span>
        ))}
        {of.decided === null || of.state === 'applied' ? null : (
          <span>
            {of.state} by <Person id={of.decided.by.id} name={of.decided.by.name} />, <When at={of.decided.at} />
          </span>
        )}
      </p>
      <p className="break-words">
        <bdi>{of.reason}</bdi>
      </p>
      {of.decided?.reason == null ? null : (
        <p className="break-words text-quiet">
          <bdi>{of.decided.reason}</bdi>
        </p>
      )}
      <p className="text-quiet">It changes {cells(of.changed)}.</p>
      {of.state !== 'open' || of.because === null ? null : <p className="text-quiet">You can’t decide on it; {of.because}.</p>}
    </div>
  );
}

function Diff({ of }: { readonly of: ProposalView }): ReactNode {
  return (
    <div
      className="mt-2 max-h-[50dvh] overflow-auto rounded-md border border-line py-1"
      tabIndex={0}
      role="region"
      aria-label="the lines that change"
    >
      <ol className="w-max min-w-full font-mono text-sm">
        {of.diff.map(({ sign, line }, index) => (
          <li key={index} className={`px-2 whitespace-pre ${sign === '-' ? 'bg-deny-soft' : sign === '+' ? 'bg-allow-soft' : ''}`}>
            {sign} {line}
          </li>
        ))}
      </ol>
    </div>
  );
}

const SAYS: Readonly<Record<Step, { readonly title: string; readonly says: string; readonly does: string }>> = {
  approve: {
    title: 'Approve this change',
    says: 'Where yours is the last approval that it needs, decisions read the changed policy from now on, and approvals of releases whose rules it changes are void.',
    does: 'Approve',
  },
  reject: { title: 'Turn this change down', says: 'It ends here; who proposed it can propose another.', does: 'Reject' },
  withdraw: { title: 'Take your change back', says: 'It ends here, whatever others said of it.', does: 'Take back' },
};

function AskStep({ of, step, onClose }: { readonly of: ProposalView; readonly step: Step; readonly onClose: () => void }): ReactNode {
  const approve = useAct<typeof approveProposal>('POST', '/v1/policy-proposals/{proposal}/approve');
  const reject = useAct<typeof rejectProposal>('POST', '/v1/policy-proposals/{proposal}/reject');
  const withdraw = useAct<typeof withdrawProposal>('POST', '/v1/policy-proposals/{proposal}/withdraw');
  const used = { approve, reject, withdraw }[step];
  const params = { proposal: of.id };
  return (
    <Ask
      {...SAYS[step]}
      says={<p>{SAYS[step].says}</p>}
      reason={step === 'reject' ? 'required' : 'none'}
      busy={used.busy}
      problem={used.problem}
      onClose={onClose}
      onDo={async (reason) => {
        const done =
          step === 'approve'
            ? await approve.act({ params, body: {} })
            : step === 'reject'
              ? await reject.act({ params, body: { reason } })
              : await withdraw.act({ params, body: {} });
        if (done !== null) onClose();
      }}
    />
  );
}
