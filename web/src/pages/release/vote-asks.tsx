import { useState, type ReactNode } from 'react';
import type { castVote, withdrawVote } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Digest, Facts, Select } from '../../kit/index.ts';
import type { Place, Release } from './types.ts';

/** Asks for a vote, and shows what exactly it is about: the vote carries the intent and the row version that stand here. */
export function VoteAsk({
  page,
  place,
  verdict,
  onClose,
}: {
  readonly page: Release;
  readonly place: Place;
  readonly verdict: 'approve' | 'reject';
  readonly onClose: () => void;
}): ReactNode {
  const vote = useAct<typeof castVote>('POST', '/v1/releases/{release}/approvals');
  // What was on the page when the question was asked: what comes in meanwhile does not slip under a reason that is being typed.
  const [seen] = useState({ intent: place.intent, version: place.version });
  const seats = [
    ...(place.me.mayVote ? [['', 'for myself'] as const] : []),
    ...place.me.for.map((one) => [one.id, `for ${one.name}`] as const),
  ];
  const [seat, setSeat] = useState(seats[0]?.[0] ?? '');
  const { release, changes } = page;
  const word = verdict === 'approve' ? 'Approve' : 'Reject';
  const changed = seen.intent !== place.intent || seen.version !== place.version;
  return (
    <Ask
      title={`${word} ${release.service} ${release.version} for ${place.environment}`}
      says={
        <div className="space-y-2">
          <p>
            {verdict === 'approve'
              ? 'Your approval counts once, for exactly this; it is void as soon as any of it changes.'
              : 'A rejection stops it for this environment until you withdraw it.'}
          </p>
          <Facts
            of={[
              ['what', release.digests.map((digest) => <Digest key={digest} of={digest} />)],
              ['intent', <Digest key="intent" of={seen.intent} />],
              [
                'changes',
                changes.since === null
                  ? `${changes.total} commits; the first release`
                  : `${changes.total} ${changes.total === 1 ? 'commit' : 'commits'} since ${changes.since.version}`,
              ],
              ['data', release.schemaChange === 'none' ? 'shape unchanged' : `${release.schemaChange} change of its shape`],
              ['way back', place.rollback === null ? 'planned when it is deployed' : place.rollback.kind],
            ]}
          />
          {changed ? <p className="font-medium text-wait">Something has changed since you opened this. Close it and look again.</p> : null}
        </div>
      }
      does={word}
      danger={verdict === 'reject'}
      busy={vote.busy}
      problem={vote.problem}
      onClose={onClose}
      onDo={(reason) =>
        void vote
          .act({
            params: { release: release.id },
            body: { environment: place.environment, verdict, reason, ...seen, ...(seat === '' ? {} : { onBehalfOf: seat }) },
          })
          .then((given) => (given === null ? undefined : onClose()))
      }
    >
      {seats.length > 1 || seat !== '' ? <Select label="In whose place" value={seat} onChange={setSeat} options={seats} /> : null}
    </Ask>
  );
}

export function WithdrawAsk({
  page,
  vote,
  onClose,
}: {
  readonly page: Release;
  readonly vote: Release['votes'][number];
  readonly onClose: () => void;
}): ReactNode {
  const withdraw = useAct<typeof withdrawVote>('POST', '/v1/releases/{release}/approvals/{approval}/withdraw');
  return (
    <Ask
      title={`Withdraw your ${vote.verdict === 'approve' ? 'approval' : 'rejection'} for ${vote.environment}`}
      says="It stays in the record as withdrawn and counts no more. Once a deployment has begun on it, it can’t be taken back."
      does="Withdraw"
      busy={withdraw.busy}
      problem={withdraw.problem}
      onClose={onClose}
      onDo={(reason) =>
        void withdraw
          .act({ params: { release: page.release.id, approval: vote.id }, body: { reason } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}
