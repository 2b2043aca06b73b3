import type { ReactNode } from 'react';
import type { adoption } from '../../../../src/contract/adopt.ts';
import { useAnswer } from '../../api/query.ts';
import { Command, Loaded, Panel } from '../../kit/index.ts';

/** How far the service has come from being observed to being deployed here, and the exact next step. */
export function Adopt({ service, observed }: { readonly service: string; readonly observed: boolean }): ReactNode {
  const answer = useAnswer<typeof adoption>(
    '/v1/services/{service}/adoption',
    { params: { service } },
    { live: ['run', 'release', 'deployment'] },
  );
  return (
    <Panel title="Adoption">
      <Loaded of={answer} lines={4}>
        {(of) => (
          <div className="space-y-3 text-sm">
            <p>
              <strong className="font-medium">{of.words}.</strong>
              {observed ? ' Only observed: nothing is blocked, and each answer says what would have been decided.' : ''}
            </p>
            <ol className="space-y-1" aria-label="levels">
              {of.levels.map((level) => (
                <li key={level.level}>
                  <details open={!level.done && of.next !== null && level.steps.some((step) => step.text === of.next?.text)}>
                    <summary>
                      <span aria-hidden="true">{level.done ? '✔' : '…'}</span> {level.title}
                      <span className="sr-only">{level.done ? ', done' : ', open'}</span>
                    </summary>
                    <ul className="space-y-1 py-1 pl-5">
                      {level.steps.map((step) => (
                        <li key={step.text} className={step.done ? 'text-quiet' : ''}>
                          <span aria-hidden="true">{step.done ? '✔' : '…'}</span> {step.text}
                          <span className="sr-only">{step.done ? ', done' : ', open'}</span>
                        </li>
                      ))}
                    </ul>
                  </details>
                </li>
              ))}
            </ol>
            {of.next === null ? null : <Command text={of.next.command} />}
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
