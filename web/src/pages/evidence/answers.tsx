import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listAnswers } from '../../../../src/contract/evidence-search.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { addressOf } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import {
  Button,
  Empty,
  Export,
  Field,
  Filters,
  Loaded,
  Panel,
  Said,
  UrlFilter,
  UrlSelect,
  useUrl,
  Verdict,
  When,
} from '../../kit/index.ts';
import { dayEnd, dayStart } from './days.ts';

type Row = AnswerOf<typeof listAnswers>['items'][number];
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const VERDICTS = ['allow', 'wait', 'unknown', 'deny'] as const;

/** Every recorded answer to "may this ship?": on which day, for what, with which policy, on whose approval, and why. */
export function Answers(): ReactNode {
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [version] = useUrl('version');
  const [verdict] = useUrl('verdict');
  const [from, setFrom] = useUrl('from');
  const [to, setTo] = useUrl('to');
  const [cursor, setCursor] = useUrl('cursor');
  const [start, end] = [dayStart(from), dayEnd(to === '' ? from : to)];
  const filter = {
    ...(NAME.test(service) ? { service } : {}),
    ...(NAME.test(environment) ? { environment } : {}),
    ...(version === '' ? {} : { version }),
    ...(VERDICTS.some((one) => one === verdict) ? { verdict: verdict as (typeof VERDICTS)[number] } : {}),
    ...(start === null ? {} : { since: start }),
    ...(end === null ? {} : { until: end }),
  };
  const query = { ...filter, ...(cursor === '' ? {} : { cursor }), limit: 50 };
  const answers = useAnswer<typeof listAnswers>('/v1/evidence/answers', { query }, { live: cursor === '' ? ['decision'] : [], keep: true });
  return (
    <Panel
      title="Recorded answers to “may this ship?”"
      flush
      actions={<Export href={addressOf('/v1/evidence/answers.csv', {}, filter)}>CSV</Export>}
    >
      <div className="p-3">
        <Filters>
          <UrlFilter name="service" label="Service" />
          <UrlFilter name="version" label="Version" />
          <UrlFilter name="environment" label="Environment" />
          <UrlSelect name="verdict" label="Answer" options={[['', 'any'], ...VERDICTS.map((one) => [one, one] as const)]} />
          <Field label="On or from day" type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
          <Field label="To day" type="date" value={to} onChange={(event) => setTo(event.target.value)} />
        </Filters>
      </div>
      <Loaded of={answers}>
        {({ items, next }) => (
          <>
            {items.length === 0 ? (
              <Empty title="Nothing like that was asked." command="ym why --service shop --env prod --on 2026-03-03">
                An answer is recorded at every act, and whenever it changes; looking alone records nothing.
              </Empty>
            ) : (
              <ul className="divide-y divide-line border-t border-line">
                {items.map((row) => (
                  <Answer key={row.decision} row={row} />
                ))}
              </ul>
            )}
            {cursor === '' && next === null ? null : (
              <div className="flex gap-2 border-t border-line p-3">
                {cursor === '' ? null : <Button onClick={() => setCursor('')}>Newest</Button>}
                {next === null ? null : <Button onClick={() => setCursor(next)}>Older</Button>}
              </div>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Answer({ row }: { readonly row: Row }): ReactNode {
  return (
    <li className="grid min-w-0 gap-x-4 gap-y-1 px-3 py-2 hover:bg-hover lg:grid-cols-[9rem_minmax(0,18rem)_minmax(0,1fr)_auto]">
      <div className="flex flex-wrap items-start gap-2 lg:flex-col">
        <Verdict of={row.verdict} />
        <span className="text-sm text-quiet">
          <When at={row.at} />
        </span>
      </div>
      <div className="min-w-0">
        <p>
          <Link to="/releases/$release" params={{ release: row.release } as never}>
            <bdi>
              {row.service} {row.version}
            </bdi>
          </Link>{' '}
          {row.purpose === 'rollback' ? 'to go back in' : 'to'} {row.environment}
        </p>
        <p className="text-sm text-quiet">
          policy {row.policy.name} {row.policy.version};{' '}
          {row.approvedBy.length === 0 ? (
            'no approval of a person'
          ) : (
            <>
              approved by <bdi>{row.approvedBy.map(({ name }) => name).join(', ')}</bdi>
            </>
          )}
        </p>
      </div>
      <ul className="min-w-0 text-sm">
        {row.reasons.slice(0, row.verdict === 'allow' ? 1 : 3).map((text, index) => (
          <li key={index}>
            <Said text={text} />
          </li>
        ))}
        {row.reasons.length > (row.verdict === 'allow' ? 1 : 3) ? (
          <li>
            <details>
              <summary className="min-h-6 text-quiet">{row.reasons.length - (row.verdict === 'allow' ? 1 : 3)} more reasons</summary>
              <ul>
                {row.reasons.slice(row.verdict === 'allow' ? 1 : 3).map((text, index) => (
                  <li key={index}>
                    <Said text={text} />
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ) : null}
      </ul>
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1 text-sm">
        <Link to="/decisions/$decision" params={{ decision: row.decision } as never} className="min-h-6">
          Every rule
        </Link>
        <Link to="/evidence" search={{ part: 'trace', node: row.decision } as never} className="min-h-6">
          Trace
        </Link>
        <a href={`/v1/releases/${row.release}/bundle`} download className="min-h-6">
          Proof
        </a>
      </div>
    </li>
  );
}
