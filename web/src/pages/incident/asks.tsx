import { useState, type ReactNode } from 'react';
import type { startRollback } from '../../../../src/contract/deployments.ts';
import type { getIncident, resolveIncident } from '../../../../src/contract/environments.ts';
import type { incidentPage } from '../../../../src/contract/inbox.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct } from '../../api/query.ts';
import { Ask } from '../../kit/index.ts';

type Incident = AnswerOf<typeof getIncident>;
type Story = AnswerOf<typeof incidentPage>;

export function Resolve({ incident, onClose }: { readonly incident: Incident; readonly onClose: () => void }): ReactNode {
  const resolve = useAct<typeof resolveIncident>('POST', '/v1/incidents/{incident}/resolve');
  return (
    <Ask
      title="Resolve the incident"
      says={
        <>
          <p>
            The service is restored as of now; what waited for it asks again. A resolved incident stays so: what comes back is a new one.
          </p>
          {incident.deployments.length === 0 ? (
            <p className="text-wait">It is put down to no deployment. You can name its cause later too; until then it counts as unknown.</p>
          ) : null}
        </>
      }
      does="Resolve"
      reason="none"
      busy={resolve.busy}
      problem={resolve.problem}
      onClose={onClose}
      onDo={() => void resolve.act({ params: { incident: incident.id }, body: {} }).then((done) => (done === null ? undefined : onClose()))}
    />
  );
}

export function Back({
  incident,
  running,
  onClose,
}: {
  readonly incident: Incident;
  readonly running: Story['running'][number];
  readonly onClose: () => void;
}): ReactNode {
  const back = useAct<typeof startRollback>('POST', '/v1/deployments/rollback');
  const [from] = useState(running.release);
  return (
    <Ask
      title={`Roll back ${incident.service ?? ''} in ${running.environment}`}
      says={`${running.version} runs there. It goes to the release that was verified there last; if a deployment is half way, it turns round. Freezes and approvals don’t hold a way back.`}
      does="Roll back"
      danger
      busy={back.busy}
      problem={back.problem}
      onClose={onClose}
      onDo={(reason) =>
        void back
          .act({ body: { service: incident.service ?? '', environment: running.environment, reason, from } })
          .then((done) => (done === null ? undefined : onClose()))
      }
    />
  );
}
