import { useState, type ReactNode } from 'react';
import type { startDeployment, startRollback } from '../../../../src/contract/deployments.ts';
import type { revokeVerification, verifyByPerson } from '../../../../src/contract/environments.ts';
import { useAct } from '../../api/query.ts';
import { Area, Ask, Select } from '../../kit/index.ts';
import { versionOf, type Row } from './types.ts';

type Props = { readonly environment: string; readonly row: Row; readonly onClose: () => void };

/** What runs when the question is opened: acts are about that, also where another release comes meanwhile. */
function useSeen(row: Row): NonNullable<ReturnType<typeof versionOf>> | null {
  const [seen] = useState(() => versionOf(row, row.cell?.is));
  return seen;
}

export function VerifyAsk({ environment, row, onClose }: Props): ReactNode {
  const verify = useAct<typeof verifyByPerson>('POST', '/v1/environments/{environment}/verify');
  const seen = useSeen(row);
  const [verdict, setVerdict] = useState('passed');
  const [note, setNote] = useState('');
  return (
    <Ask
      title={`Verify ${row.service} ${seen?.version ?? ''} in ${environment}`}
      says={
        verdict === 'passed'
          ? 'You say, with your name, that you looked at it and it is right. It may then go on to the next environment.'
          : 'You say, with your name, that it is not right. Nothing after this environment takes it, and what already goes there stops.'
      }
      does={verdict === 'passed' ? 'It is right' : 'It is not right'}
      danger={verdict === 'failed'}
      reason="none"
      busy={verify.busy}
      problem={verify.problem}
      onClose={onClose}
      onDo={() =>
        void verify
          .act({
            params: { environment },
            body: {
              service: row.service,
              verdict: verdict as 'passed',
              ...(note.trim() === '' ? {} : { note: note.trim() }),
              ...(seen === null ? {} : { release: seen.release }),
            },
          })
          .then((done) => (done === null ? undefined : onClose()))
      }
    >
      <Select
        label="What you found"
        value={verdict}
        onChange={setVerdict}
        options={[
          ['passed', 'it is right'],
          ['failed', 'it is not right'],
        ]}
      />
      <Area label="What you saw (if you like)" value={note} maxLength={4000} onChange={(event) => setNote(event.target.value)} />
    </Ask>
  );
}

export function RevokeAsk({ environment, row, onClose }: Props): ReactNode {
  const revoke = useAct<typeof revokeVerification>('POST', '/v1/environments/{environment}/revoke');
  const seen = useSeen(row);
  return (
    <Ask
      title={`Take back the verification of ${row.service} ${seen?.version ?? ''}`}
      says={`Every environment after ${environment} stops taking this release; a deployment of it that is under way there goes no further. What runs here goes on running.`}
      does="Take it back"
      danger
      ready={seen !== null}
      busy={revoke.busy}
      problem={revoke.problem}
      onClose={onClose}
      onDo={(reason) => {
        if (seen === null) return;
        void revoke
          .act({ params: { environment }, body: { service: row.service, release: seen.release, reason } })
          .then((done) => (done === null ? undefined : onClose()));
      }}
    />
  );
}

export function BackAsk({ environment, row, onClose }: Props): ReactNode {
  const back = useAct<typeof startRollback>('POST', '/v1/deployments/rollback');
  const seen = useSeen(row);
  return (
    <Ask
      title={`Roll back ${row.service} in ${environment}`}
      says={
        <>
          <p>
            {seen?.version ?? 'What runs'} makes way for the release that was verified here last before it. If a deployment is half way, it
            turns round.
          </p>
          <p className="text-quiet">Freezes and approvals don’t hold a way back; only a plan that says data would be lost does.</p>
        </>
      }
      does="Roll back"
      danger
      busy={back.busy}
      problem={back.problem}
      onClose={onClose}
      onDo={(reason) =>
        void back
          .act({ body: { service: row.service, environment, reason, ...(seen === null ? {} : { from: seen.release }) } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}

export function DeployAsk({ environment, row, onClose }: Props): ReactNode {
  const deploy = useAct<typeof startDeployment>('POST', '/v1/deployments');
  const [release] = useState(() => versionOf(row, row.cell?.pending));
  return (
    <Ask
      title={`Deploy ${row.service} ${release?.version ?? ''} to ${environment}`}
      says="It begins as soon as the answer allows it, and waits until then: approvals, gates and the calendar are asked at every step."
      does="Deploy"
      reason="none"
      ready={release !== null}
      busy={deploy.busy}
      problem={deploy.problem}
      onClose={onClose}
      onDo={() => {
        if (release === null) return;
        void deploy.act({ body: { release: release.release, environment } }).then((done) => (done === null ? undefined : onClose()));
      }}
    />
  );
}
