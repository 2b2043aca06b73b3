import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { startDeployment, startRollback } from '../../../../src/contract/deployments.ts';
import type { verifyByPerson } from '../../../../src/contract/environments.ts';
import type { abandonRelease, breakGlass, tickChecklist } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Button, Select, useKeys } from '../../kit/index.ts';
import type { Item } from './kind.tsx';

type Of = { readonly item: Item; readonly onDone: () => void };

/** What can be done about everything that is no plain yes or no. */
export function Choices({ item, onDone }: Of): ReactNode {
  switch (item.act.kind) {
    case 'deployment':
      return <Failed item={item} onDone={onDone} act={item.act} />;
    case 'break-glass':
      return <Join item={item} onDone={onDone} />;
    case 'verify':
      return <Verify item={item} onDone={onDone} />;
    case 'tick':
      return <Tick item={item} onDone={onDone} act={item.act} />;
    case 'parked':
      return (
        <p>
          <Link to="/admin/parked">Look at them, and retry or drop them</Link>
        </p>
      );
    default:
      return null;
  }
}

function Row({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="grid gap-2 border-t border-line pt-3 sm:flex sm:flex-wrap">{children}</div>;
}

/** A deployment that ended badly: try again, go back, or give the release up, each with what it means. */
function Failed({ item, onDone, act }: Of & { readonly act: Extract<Item['act'], { kind: 'deployment' }> }): ReactNode {
  const [asked, ask] = useState<'retry' | 'back' | 'abandon' | null>(null);
  const retry = useAct<typeof startDeployment>('POST', '/v1/deployments');
  const back = useAct<typeof startRollback>('POST', '/v1/deployments/rollback');
  const abandon = useAct<typeof abandonRelease>('POST', '/v1/releases/{release}/abandon');
  const release = item.release?.id ?? '';
  const [service, environment, version] = [item.service ?? '', item.environment ?? '', item.release?.version ?? ''];
  const close = (): void => ask(null);
  const then = (done: unknown): void => (done === null ? undefined : onDone());
  return (
    <Row>
      <Button large kind="primary" because={act.retry ? null : 'the agent is asked first how it ended'} onClick={() => ask('retry')}>
        Try again
      </Button>
      <Button large kind="danger" because={act.rollBack === null ? 'nothing of it serves' : null} onClick={() => ask('back')}>
        {act.rollBack === null ? 'Roll back' : `Roll back to ${act.rollBack.version}`}
      </Button>
      <Button
        large
        because={act.abandon ? null : act.retry ? 'your roles don’t allow it' : 'it is not over'}
        onClick={() => ask('abandon')}
      >
        Give the release up
      </Button>
      <Link to={`/releases/${release}?environment=${environment}`} className="inline-flex min-h-11 items-center justify-center px-2">
        Look closer
      </Link>
      {asked === 'retry' ? (
        <Ask
          title={`Try ${version} to ${environment} again`}
          says="The same release is deployed once more, from the first step; whether it may is asked again at every step."
          does="Try again"
          reason="none"
          busy={retry.busy}
          problem={retry.problem}
          onClose={close}
          onDo={() => void retry.act({ body: { release, environment } }).then(then)}
        />
      ) : null}
      {asked === 'back' ? (
        <Ask
          title={`Roll back ${service} in ${environment}`}
          says={`Traffic goes back to ${act.rollBack?.version ?? 'what was verified there last'}. Freezes and approvals don’t hold a way back.`}
          does="Roll back"
          danger
          busy={back.busy}
          problem={back.problem}
          onClose={close}
          onDo={(reason) => void back.act({ body: { service, environment, reason } }).then(then)}
        />
      ) : null}
      {asked === 'abandon' ? (
        <Ask
          title={`Give up ${service} ${version}`}
          says="It ships nowhere any more; where it runs it goes on running. This can’t be undone: make a new release instead."
          does="Give it up"
          danger
          busy={abandon.busy}
          problem={abandon.problem}
          onClose={close}
          onDo={(reason) => void abandon.act({ params: { release }, body: { reason } }).then(then)}
        />
      ) : null}
    </Row>
  );
}

function Join({ item, onDone }: Of): ReactNode {
  const [open, setOpen] = useState(false);
  const glass = useAct<typeof breakGlass>('POST', '/v1/releases/{release}/break-glass');
  if (item.act.kind !== 'break-glass') return null;
  const { ticket, asked, needed } = item.act;
  const last = asked.length + 1 >= needed;
  return (
    <Row>
      <Button large kind="danger" onClick={() => setOpen(true)}>
        Join the break-glass
      </Button>
      {open ? (
        <Ask
          title={item.title}
          says={
            <ul className="list-disc space-y-1 pl-5">
              <li>
                {last
                  ? 'You are the last who is needed: the rules that people and papers answer are suspended at once.'
                  : 'After you, more persons are needed.'}
              </li>
              <li>Your name, the reason and the ticket are recorded for ever, and a dated debt is opened.</li>
              <li>Somebody who did not break the glass has to review it; until then the team’s next standard release is denied.</li>
            </ul>
          }
          does="Break the glass"
          danger
          busy={glass.busy}
          problem={glass.problem}
          onClose={() => setOpen(false)}
          onDo={(reason) =>
            void glass
              .act({ params: { release: item.release?.id ?? '' }, body: { environment: item.environment ?? '', reason, ticket } })
              .then((done) => (done === null ? undefined : onDone()))
          }
        />
      ) : null}
    </Row>
  );
}

function Verify({ item, onDone }: Of): ReactNode {
  const [verdict, setVerdict] = useState<'passed' | 'failed' | null>(null);
  const verify = useAct<typeof verifyByPerson>('POST', '/v1/environments/{environment}/verify');
  useKeys({
    a: { label: 'it is right', run: () => setVerdict('passed') },
    r: { label: 'it is not right', run: () => setVerdict('failed') },
  });
  return (
    <Row>
      <Button large kind="danger" icon="deny" onClick={() => setVerdict('failed')}>
        It is not right
      </Button>
      <Button large kind="primary" icon="allow" onClick={() => setVerdict('passed')}>
        It is right
      </Button>
      {verdict === null ? null : (
        <Ask
          title={verdict === 'passed' ? 'It is right there' : 'It is not right there'}
          says={
            verdict === 'passed'
              ? 'With your name it counts as verified there, and may go on.'
              : 'It counts as failed there, and stops everything that builds on it.'
          }
          does={verdict === 'passed' ? 'Verify it' : 'Say that it failed'}
          danger={verdict === 'failed'}
          reason={verdict === 'failed' ? 'required' : 'optional'}
          reasonLabel="What you saw"
          busy={verify.busy}
          problem={verify.problem}
          onClose={() => setVerdict(null)}
          onDo={(note) =>
            void verify
              .act({
                params: { environment: item.environment ?? '' },
                body: {
                  service: item.service ?? '',
                  verdict,
                  ...(note === '' ? {} : { note }),
                  ...(item.release === null ? {} : { release: item.release.id }),
                },
              })
              .then((done) => (done === null ? undefined : onDone()))
          }
        />
      )}
    </Row>
  );
}

function Tick({ item, onDone, act }: Of & { readonly act: Extract<Item['act'], { kind: 'tick' }> }): ReactNode {
  const tick = useAct<typeof tickChecklist>('POST', '/v1/releases/{release}/checklist');
  const [which, setWhich] = useState(act.items[0] ?? '');
  const [state, setState] = useState<'yes' | 'no' | null>(null);
  useKeys({ a: { label: 'yes', run: () => setState('yes') }, r: { label: 'no', run: () => setState('no') } });
  return (
    <div className="space-y-3">
      {act.items.length > 1 ? (
        <Select label="Item" value={which} onChange={setWhich} options={act.items.map((one) => [one, one] as const)} />
      ) : (
        <p className="font-medium">{which}</p>
      )}
      <Row>
        <Button large kind="danger" icon="deny" onClick={() => setState('no')}>
          No
        </Button>
        <Button large kind="primary" icon="allow" onClick={() => setState('yes')}>
          Yes
        </Button>
      </Row>
      {state === null ? null : (
        <Ask
          title={`${which}: ${state}`}
          says={state === 'yes' ? 'Your name stands beside it.' : 'A no holds the release until somebody says yes.'}
          does={`Say ${state}`}
          danger={state === 'no'}
          reason={state === 'no' ? 'required' : 'optional'}
          reasonLabel="What you saw"
          busy={tick.busy}
          problem={tick.problem}
          onClose={() => setState(null)}
          onDo={(note) =>
            void tick
              .act({
                params: { release: item.release?.id ?? '' },
                body: { environment: item.environment ?? '', item: which, state, note, version: act.version },
              })
              .then((done) => (done === null ? undefined : act.items.length === 1 ? onDone() : setState(null)))
          }
        />
      )}
    </div>
  );
}
