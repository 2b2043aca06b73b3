import { useState, type ReactNode } from 'react';
import type { cancelDeployment, startDeployment, startRollback } from '../../../../src/contract/deployments.ts';
import type { breakGlass } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Field, Said, spell } from '../../kit/index.ts';
import type { Deployed, Place, Release } from './types.ts';

type Of = { readonly page: Release; readonly place: Place; readonly onClose: () => void };

export function DeployAsk({ page, place, onClose }: Of): ReactNode {
  const deploy = useAct<typeof startDeployment>('POST', '/v1/deployments');
  const [intent] = useState(place.intent);
  const { release } = page;
  return (
    <Ask
      title={`Deploy ${release.service} ${release.version} to ${place.environment}`}
      says={
        <>
          <p>
            {place.verdict === 'allow'
              ? 'It begins at once: the answer is asked again at every step.'
              : 'It is asked for now and waits until the answer allows it:'}
          </p>
          {place.verdict === 'allow' ? null : (
            <p className="text-wait">
              <Said text={place.words.headline} />
            </p>
          )}
          <p className="text-quiet">
            {place.running === null
              ? 'Nothing runs there yet.'
              : `${place.running.version} runs there; its bytes stay at hand for the way back.`}
          </p>
        </>
      }
      does="Deploy"
      reason="none"
      busy={deploy.busy}
      problem={deploy.problem}
      onClose={onClose}
      onDo={() =>
        void deploy
          .act({ body: { release: release.id, environment: place.environment, intent } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}

export function RollBackAsk({ page, place, onClose }: Of): ReactNode {
  const back = useAct<typeof startRollback>('POST', '/v1/deployments/rollback');
  const { release } = page;
  const [from] = useState(place.running?.release);
  const to = place.rollback?.to?.version;
  return (
    <Ask
      title={`Roll back ${release.service} in ${place.environment}`}
      says={
        <>
          <p>
            {to == null
              ? 'It goes to the release that was verified here last. If a deployment is half way, it turns round.'
              : `It goes to ${to}, or to whatever was verified here last. If a deployment is half way, it turns round.`}
          </p>
          <p className="text-quiet">Freezes and approvals don’t hold a way back; only a plan that says data would be lost does.</p>
          {place.rollback !== null && place.rollback.kind !== 'safe' ? <p className="font-medium text-deny">{place.rollback.why}</p> : null}
        </>
      }
      does="Roll back"
      danger
      busy={back.busy}
      problem={back.problem}
      onClose={onClose}
      onDo={(reason) =>
        void back
          .act({ body: { service: release.service, environment: place.environment, reason, ...(from === undefined ? {} : { from }) } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}

export function CancelAsk({ deployment, onClose }: { readonly deployment: Deployed; readonly onClose: () => void }): ReactNode {
  const cancel = useAct<typeof cancelDeployment>('POST', '/v1/deployments/{deployment}/cancel');
  return (
    <Ask
      title={`Cancel the deployment to ${deployment.environment}`}
      says={
        deployment.startedAt === null
          ? 'It has not begun: it ends, and nothing changes there.'
          : 'It has begun: the traffic goes back to what was good, and then what came is stopped.'
      }
      does="Cancel it"
      danger
      busy={cancel.busy}
      problem={cancel.problem}
      onClose={onClose}
      onDo={(reason) =>
        void cancel.act({ params: { deployment: deployment.id }, body: { reason } }).then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}

/** Says exactly what a break-glass suspends, what it writes down, and who must review it. */
export function BreakGlassAsk({ page, place, onClose }: Of): ReactNode {
  const glass = useAct<typeof breakGlass>('POST', '/v1/releases/{release}/break-glass');
  const [ticket, setTicket] = useState('');
  const [intent] = useState(place.intent);
  const { release } = page;
  const { persons, timeBoxMs, debtDueMs } = place.breakGlass;
  const pending = page.breakGlass.find((one) => one.environment === place.environment && one.until === null);
  return (
    <Ask
      title={`Break glass: ${release.service} ${release.version} to ${place.environment}`}
      says={
        <ul className="list-disc space-y-1 pl-5">
          <li>
            For {spell(timeBoxMs)} the rules that people and papers answer are suspended: verification before, gates, approvals, calendar,
            readiness, debts. Never the supply chain: nothing unsigned or revoked ships.
          </li>
          <li>
            {persons === 1
              ? 'You alone open it.'
              : `${persons} different persons have to ask for it${pending === undefined ? '; nothing is suspended until the last of them has.' : `; ${pending.persons.map((one) => one.name).join(' and ')} asked already.`}`}
          </li>
          <li>Recorded for ever: your name, the reason, the ticket, the time, and every decision that it lets pass.</li>
          <li>
            A debt is opened, due in {spell(debtDueMs)}: somebody who did not break the glass reviews it and says that what was passed over
            has been made good. Until then the team’s next standard release is denied.
          </li>
        </ul>
      }
      does="Break the glass"
      danger
      ready={ticket.trim() !== ''}
      busy={glass.busy}
      problem={glass.problem}
      onClose={onClose}
      onDo={(reason) =>
        void glass
          .act({ params: { release: release.id }, body: { environment: place.environment, reason, ticket: ticket.trim(), intent } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    >
      <Field
        label="Ticket"
        hint="Where it is written down"
        value={ticket}
        maxLength={300}
        onChange={(event) => setTicket(event.target.value)}
      />
    </Ask>
  );
}
