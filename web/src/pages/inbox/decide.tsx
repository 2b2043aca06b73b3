import { useRef, useState, type ReactNode } from 'react';
import type { castVote } from '../../../../src/contract/releases.ts';
import type { approveWaiver, payDebt, rejectWaiver } from '../../../../src/contract/waivers.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { useAct } from '../../api/query.ts';
import { Area, Button, Problem, Select, useKeys } from '../../kit/index.ts';
import type { Item } from './kind.tsx';

type Choice = 'yes' | 'no';
type Of = { readonly item: Item; readonly onDone: () => void };

/** A yes or a no with its reason. Two taps: the first says which, the second does it; nothing is decided by one touch. */
export function Decide({ item, onDone }: Of): ReactNode {
  if (item.act.kind === 'vote') return <Vote item={item} onDone={onDone} act={item.act} />;
  if (item.act.kind !== 'waiver') return null;
  if (item.act.can === 'decide') return <WaiverVote item={item} onDone={onDone} act={item.act} />;
  if (item.act.can === 'pay') return <Review item={item} onDone={onDone} act={item.act} />;
  return (
    <p className="text-quiet">
      {item.act.can === 'renew'
        ? 'Mend what it suspends, or ask for another waiver before it ends.'
        : 'It waits for another person; you can hand them this page.'}
    </p>
  );
}

type ActOf<Kind extends Item['act']['kind']> = Extract<Item['act'], { readonly kind: Kind }>;

function Vote({ item, onDone, act }: Of & { readonly act: ActOf<'vote'> }): ReactNode {
  const vote = useAct<typeof castVote>('POST', '/v1/releases/{release}/approvals');
  const seats = [...(act.myself ? [['', 'for myself'] as const] : []), ...act.for.map((one) => [one.id, `for ${one.name}`] as const)];
  const [seat, setSeat] = useState(seats[0]?.[0] ?? '');
  const what = `${item.service ?? ''} ${item.release?.version ?? ''} for ${item.environment ?? ''}`;
  // What was shown when the item was opened is what is decided on: something newer is refused by the server.
  const [seen] = useState({ intent: act.intent, version: act.version });
  return (
    <Two
      yes="Approve"
      no="Reject"
      confirm={{ yes: `Approve ${what}`, no: `Reject ${what}` }}
      busy={vote.busy}
      problem={vote.problem}
      onDo={(choice, reason) =>
        void vote
          .act({
            params: { release: item.release?.id ?? '' },
            body: {
              environment: item.environment ?? '',
              verdict: choice === 'yes' ? 'approve' : 'reject',
              reason,
              ...seen,
              ...(seat === '' ? {} : { onBehalfOf: seat }),
            },
          })
          .then((given) => (given === null ? undefined : onDone()))
      }
    >
      {seats.length > 1 || seat !== '' ? <Select label="In whose place" value={seat} onChange={setSeat} options={seats} /> : null}
    </Two>
  );
}

function WaiverVote({ onDone, act }: Of & { readonly act: ActOf<'waiver'> }): ReactNode {
  const approve = useAct<typeof approveWaiver>('POST', '/v1/waivers/{waiver}/approve');
  const reject = useAct<typeof rejectWaiver>('POST', '/v1/waivers/{waiver}/reject');
  const given = { params: { waiver: act.waiver } };
  return (
    <Two
      yes="Approve"
      no="Reject"
      confirm={{ yes: 'Approve the waiver', no: 'Reject the waiver' }}
      busy={approve.busy || reject.busy}
      problem={approve.problem ?? reject.problem}
      onDo={(choice, reason) =>
        void (choice === 'yes' ? approve : reject)
          .act({ ...given, body: { version: act.version, reason } })
          .then((done: unknown) => (done === null ? undefined : onDone()))
      }
    />
  );
}

function Review({ onDone, act }: Of & { readonly act: ActOf<'waiver'> }): ReactNode {
  const pay = useAct<typeof payDebt>('POST', '/v1/waivers/{waiver}/pay');
  return (
    <Two
      yes="Reviewed"
      no={null}
      confirm={{ yes: 'Say that it was made good', no: '' }}
      reasonLabel="What you looked at"
      busy={pay.busy}
      problem={pay.problem}
      onDo={(_, reason) =>
        void pay
          .act({ params: { waiver: act.waiver }, body: { version: act.version, reason } })
          .then((done) => (done === null ? undefined : onDone()))
      }
    />
  );
}

/** Two big buttons at the bottom of a phone; the pressed one opens a reason and a second button that names the act. */
function Two({
  yes,
  no,
  confirm,
  reasonLabel = 'Reason',
  busy,
  problem,
  onDo,
  children,
}: {
  readonly yes: string;
  readonly no: string | null;
  readonly confirm: Readonly<Record<Choice, string>>;
  readonly reasonLabel?: string;
  readonly busy: boolean;
  readonly problem: ProblemJson | null;
  readonly onDo: (choice: Choice, reason: string) => void;
  readonly children?: ReactNode;
}): ReactNode {
  const [choice, choose] = useState<Choice | null>(null);
  const [reason, setReason] = useState('');
  const opened = useRef(0);
  const open = (which: Choice): void => {
    choose(which);
    opened.current = performance.now();
  };
  useKeys({
    a: { label: yes.toLowerCase(), run: () => open('yes') },
    ...(no === null ? {} : { r: { label: no.toLowerCase(), run: () => open('no') } }),
  });
  return (
    <div className="space-y-3 border-t border-line pt-3 max-lg:sticky max-lg:bottom-0 max-lg:-mx-3 max-lg:rounded-b-lg max-lg:bg-raised max-lg:px-3 max-lg:pb-3 sm:max-lg:-mx-4 sm:max-lg:px-4">
      {problem === null ? null : <Problem of={problem} />}
      {choice === null ? (
        <div className="grid grid-flow-col auto-cols-fr gap-3 lg:flex">
          {no === null ? null : (
            <Button kind="danger" icon="deny" large onClick={() => open('no')}>
              {no}
            </Button>
          )}
          <Button kind="primary" icon="allow" large onClick={() => open('yes')}>
            {yes}
          </Button>
        </div>
      ) : (
        <form
          className="space-y-3"
          onSubmit={(event) => {
            event.preventDefault();
            // A tap that bounces, or a second one meant for the first button, is no decision.
            if (reason.trim() === '' || busy || performance.now() - opened.current < 400) return;
            onDo(choice, reason.trim());
          }}
        >
          {children}
          <Area
            label={reasonLabel}
            rows={2}
            value={reason}
            maxLength={4000}
            autoFocus
            onChange={(event) => setReason(event.target.value)}
          />
          <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-3 lg:flex">
            <Button large onClick={() => choose(null)}>
              Back
            </Button>
            <Button
              type="submit"
              large
              kind={choice === 'yes' ? 'primary' : 'danger'}
              busy={busy}
              because={reason.trim() === '' ? 'it needs a reason' : null}
            >
              {confirm[choice]}
            </Button>
          </div>
        </form>
      )}
    </div>
  );
}
