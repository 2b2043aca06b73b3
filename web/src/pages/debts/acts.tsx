import { useState, type ReactNode } from 'react';
import type { DebtView } from '../../../../src/contract/debts.ts';
import type { approveWaiver, extendWaiver, payDebt, rejectWaiver, revokeWaiver } from '../../../../src/contract/waivers.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Button, Field } from '../../kit/index.ts';

export type Act = 'approve' | 'reject' | 'revoke' | 'extend' | 'pay';

const WORDS: Readonly<
  Record<Act, { readonly does: string; readonly title: string; readonly says: (debt: DebtView) => string; readonly danger?: true }>
> = {
  approve: {
    does: 'Approve',
    title: 'Approve this exception',
    says: (debt) => `From now on it suspends its rule, until its end. ${debt.then}`,
  },
  reject: {
    does: 'Turn down',
    title: 'Turn this request down',
    says: () => 'It suspends nothing, and can be asked for anew.',
    danger: true,
  },
  revoke: {
    does: 'Revoke',
    title: 'End this exception now',
    says: () => 'Its rule holds again at once; what it lets through asks again.',
    danger: true,
  },
  extend: {
    does: 'Ask for more time',
    title: 'Ask for more time',
    says: () =>
      'This makes a request of its own, which another person has to approve. The exception that holds now ends when it was to end.',
  },
  pay: {
    does: 'It is paid',
    title: 'Say that this debt is paid',
    says: () => 'It blocks nothing any more. You say with your name that what it owes was done.',
  },
};

/** What can be done about an exception; what can't says why. */
export function Acts({ of, onAct }: { readonly of: DebtView; readonly onAct: (act: Act) => void }): ReactNode {
  const offered: readonly Act[] =
    of.kind === 'break-glass' ? [] : of.kind === 'debt' ? ['pay'] : of.state === 'requested' ? ['approve', 'reject'] : ['extend', 'revoke'];
  return (
    <div className="flex flex-wrap gap-1.5">
      {offered.map((act) => (
        <Button
          key={act}
          large
          kind={WORDS[act].danger === true ? 'danger' : act === 'approve' || act === 'pay' ? 'primary' : 'plain'}
          because={of.acts[act]}
          onClick={() => onAct(act)}
        >
          {WORDS[act].does}
        </Button>
      ))}
    </div>
  );
}

/** Asks before an act is done. Carries the version that was seen: what changed meanwhile is refused. */
export function AskAct({ of, act, onClose }: { readonly of: DebtView; readonly act: Act; readonly onClose: () => void }): ReactNode {
  const approve = useAct<typeof approveWaiver>('POST', '/v1/waivers/{waiver}/approve');
  const reject = useAct<typeof rejectWaiver>('POST', '/v1/waivers/{waiver}/reject');
  const revoke = useAct<typeof revokeWaiver>('POST', '/v1/waivers/{waiver}/revoke');
  const extend = useAct<typeof extendWaiver>('POST', '/v1/waivers/{waiver}/extend');
  const pay = useAct<typeof payDebt>('POST', '/v1/waivers/{waiver}/pay');
  const [days, setDays] = useState('7');
  const used = { approve, reject, revoke, extend, pay }[act];
  const { title, does, says, danger } = WORDS[act];
  const later = Number(days) > 0 ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : null;
  const run = async (reason: string): Promise<void> => {
    const call = { params: { waiver: of.id as never }, body: { version: of.version, reason } };
    const done =
      act === 'extend'
        ? await extend.act({ ...call, body: { ...call.body, expiresAt: later ?? '' } })
        : await { approve, reject, revoke, pay }[act].act(call);
    if (done !== null) onClose();
  };
  return (
    <Ask
      title={title}
      does={does}
      danger={danger === true}
      busy={used.busy}
      problem={used.problem}
      ready={act !== 'extend' || later !== null}
      onClose={onClose}
      onDo={(reason) => void run(reason)}
      says={
        <>
          <p className="font-medium">
            {of.title}: <bdi>{of.subject}</bdi>
          </p>
          <p>{says(of)}</p>
        </>
      }
    >
      {act === 'extend' ? (
        <Field label="Days from now" type="number" min="1" max="90" value={days} onChange={(event) => setDays(event.target.value)} />
      ) : null}
    </Ask>
  );
}
