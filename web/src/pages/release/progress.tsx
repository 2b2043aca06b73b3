import { lazy, Suspense, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import { Ago, Empty, Icon, Panel, Said, Skeleton, State, When } from '../../kit/index.ts';
import type { Deployed, Place, Release } from './types.ts';

const Comparison = lazy(() => import('./comparison.tsx'));

/** How the release went, or goes, to the chosen environment: steps, the canary beside its baseline, and the way back. */
export function Progressing({ page, place }: { readonly page: Release; readonly place: Place }): ReactNode {
  const here = page.deployments.filter((one) => one.environment === place.environment);
  const [latest, ...earlier] = here;
  return (
    <Panel
      title={`Deployment to ${place.environment}`}
      actions={latest === undefined ? undefined : <Link to={`/evidence?node=${latest.id}`}>its evidence</Link>}
    >
      {latest === undefined ? (
        <Empty
          title={`It was not deployed to ${place.environment} yet`}
          command={`ym deploy ${page.release.service}@${page.release.version} --env ${place.environment}`}
        >
          Press Deploy above, or:
        </Empty>
      ) : (
        <One deployment={latest} />
      )}
      {earlier.length === 0 ? null : (
        <details className="mt-3 border-t border-line pt-2">
          <summary className="min-h-6 text-sm text-accent">
            {earlier.length} earlier {earlier.length === 1 ? 'try' : 'tries'}
          </summary>
          <ul className="mt-2 space-y-1">
            {earlier.map((one) => (
              <li key={one.id} className="flex flex-wrap items-baseline gap-2">
                <State of={one.state} /> <When at={one.finishedAt ?? one.requestedAt} /> <Said text={one.cause} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}

function One({ deployment }: { readonly deployment: Deployed }): ReactNode {
  const { requestedBy } = deployment;
  return (
    <div className="min-w-0 space-y-3">
      <div className="space-y-1">
        <p className="flex flex-wrap items-center gap-2">
          <State of={deployment.state} />
          <span className="min-w-0">
            <Said text={deployment.cause} />
          </span>
        </p>
        <p className="text-sm text-quiet">
          {deployment.kind === 'rollback' ? 'The way back, asked' : 'Asked'} <Ago at={deployment.requestedAt} />
          {requestedBy.person === null ? ' by Yardmaster itself' : ' by '}
          {requestedBy.person === null ? null : <bdi>{requestedBy.person.name}</bdi>}
          {deployment.previous === null ? null : `, over ${deployment.previous.version}`}
          {deployment.reason === null ? null : (
            <>
              {': '}
              <bdi>{deployment.reason}</bdi>
            </>
          )}
        </p>
      </div>
      <Steps of={deployment.steps} label="the way there" />
      {deployment.back === null ? null : (
        <div>
          <p className="mb-1 font-medium text-wait">The way back</p>
          <Steps of={deployment.back} label="the way back" />
        </div>
      )}
      {deployment.compares && deployment.startedAt !== null ? (
        <Suspense fallback={<Skeleton lines={5} />}>
          <Comparison deployment={deployment.id} over={deployment.finishedAt !== null} />
        </Suspense>
      ) : null}
    </div>
  );
}

const MARK = {
  done: ['done', 'text-allow'],
  now: ['run', 'text-accent'],
  later: ['wait', 'text-quiet'],
  left: ['close', 'text-quiet'],
} as const;
const WORD = { done: 'done', now: 'now', later: 'to come', left: 'not done' } as const;

function Steps({ of, label }: { readonly of: Deployed['steps']; readonly label: string }): ReactNode {
  return (
    <ol aria-label={label} className="space-y-0.5">
      {of.map((step, index) => {
        const [icon, tone] = MARK[step.state];
        return (
          <li key={index} className={`flex items-start gap-2 rounded px-1.5 py-0.5 ${step.state === 'now' ? 'bg-accent-soft' : ''}`}>
            <Icon name={icon} size={14} className={`mt-0.5 ${tone}`} />
            <span className={`min-w-0 flex-1 ${step.state === 'later' || step.state === 'left' ? 'text-quiet' : ''}`}>{step.text}</span>
            <span className={`text-sm ${tone}`}>{WORD[step.state]}</span>
          </li>
        );
      })}
    </ol>
  );
}
