import type { ReactNode } from 'react';
import { Icon, Said, Verdict } from '../../kit/index.ts';
import type { Place } from './types.ts';

/** The one answer, in the words that every door shows: verdict, what is missing and who can give it, when, and each rule's reasons. */
export function Answer({ place, release, acts }: { readonly place: Place; readonly release: string; readonly acts: ReactNode }): ReactNode {
  const { words } = place;
  const here = place.running?.release === release;
  return (
    <section className="panel min-w-0 space-y-3 p-3 sm:p-4" aria-labelledby="answer">
      {here ? (
        <>
          <h2 id="answer" className="flex min-w-0 items-center gap-2 text-lg">
            <Icon name="done" size={18} className="text-allow" /> It runs in {place.environment}.
          </h2>
          <p className="flex flex-wrap items-center gap-2">
            To put it there again: <Verdict of={place.verdict} /> <Said text={words.headline} />
          </p>
        </>
      ) : (
        <div className="flex flex-wrap items-center gap-3">
          <Verdict of={place.verdict} large />
          <h2 id="answer" className="min-w-0 text-lg">
            <Said text={words.headline} />
          </h2>
        </div>
      )}
      {words.missing.length === 0 ? null : (
        <ul className="space-y-1">
          {words.missing.map((one, index) => (
            <li key={index} className="flex items-start gap-2">
              <Icon name="right" size={12} className="mt-1 text-quiet" />
              <span className="min-w-0">
                <span className="sr-only">missing: </span>
                <Said text={one} />
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className="text-quiet">
        <Said text={words.when} />
      </p>
      {acts}
      <details className="group">
        <summary className="flex min-h-7 items-center gap-1.5 text-sm font-medium text-accent">
          <Icon name="right" size={11} className="transition-transform group-open:rotate-90" />
          Every rule and its reasons (policy {place.policy.name} {place.policy.version})
        </summary>
        <Rules rules={words.rules} />
      </details>
    </section>
  );
}

/** Each rule with its own verdict and reasons. */
export function Rules({ rules }: { readonly rules: Place['words']['rules'] }): ReactNode {
  return (
    <dl className="mt-2 divide-y divide-line">
      {rules.map((rule) => (
        <div key={rule.rule} className="grid gap-x-4 gap-y-1 py-1.5 sm:grid-cols-[11rem_minmax(0,1fr)]">
          <dt className="flex items-start gap-2">
            <Verdict of={rule.verdict} />
            <span className="font-medium">{rule.rule}</span>
          </dt>
          <dd className="min-w-0 space-y-0.5">
            {rule.reasons.map((reason, index) => (
              <p key={index}>
                <Said text={reason} />
              </p>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
