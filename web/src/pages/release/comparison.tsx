import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { deploymentComparison } from '../../../../src/contract/release-page.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { call, type Refusal } from '../../api/client.ts';
import { Loaded, State, Tag, When } from '../../kit/index.ts';
import { Chart } from './chart.tsx';

type Compared = AnswerOf<typeof deploymentComparison>;

/** A canary beside what it is compared with, while it happens: traffic makes no facts, so it is asked for every few seconds. */
export default function Comparison({ deployment, over }: { readonly deployment: string; readonly over: boolean }): ReactNode {
  const asked = useQuery<Compared, Refusal>({
    queryKey: ['comparison', deployment],
    queryFn: ({ signal }) =>
      call<typeof deploymentComparison>('GET', '/v1/deployments/{deployment}/comparison', { params: { deployment } }, { signal }),
    refetchInterval: over ? false : 2500,
    meta: { live: [deployment] },
  });
  return <Loaded of={asked}>{(answer) => <Shown compared={answer} />}</Loaded>;
}

const WORDS = { worse: 'rejected', 'not-worse': 'passed', inconclusive: 'waiting', 'no-data': 'unknown' } as const;

function Shown({ compared }: { readonly compared: Compared }): ReactNode {
  const { points, against, marginPermille, verdicts } = compared;
  const last = verdicts.at(-1);
  const other = against ?? 'baseline';
  const rate = (side: { readonly requests: number; readonly errors: number }): number | null =>
    side.requests === 0 ? null : Math.round((side.errors / side.requests) * 1000) / 10;
  const at = points.map((point) => Date.parse(point.at) / 1000);
  const bound = (permille: number | null): number | null => (permille === null ? null : permille / 10);
  return (
    <section className="min-w-0 space-y-3 border-t border-line pt-3" aria-label={`canary beside the ${other}`}>
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="text-base">Canary beside the {other}</h3>
        {last === undefined ? <Tag>not judged yet</Tag> : <State of={WORDS[last.answer]} title={last.answer} />}
        {last === undefined ? null : (
          <span className="min-w-0 text-sm">
            {last.answer.replace('-', ' ')} ({last.by.replace('-', ' ')}): {last.why}
            {last.needsIntervals === null ? '' : `; about ${last.needsIntervals} more intervals like these are needed`}
          </span>
        )}
      </div>
      {points.length === 0 ? (
        <p className="text-quiet">No interval has been counted on both sides yet: numbers come with the first requests.</p>
      ) : (
        <>
          <div className="grid min-w-0 gap-3 lg:grid-cols-2">
            <Chart
              title="Errors, % of requests"
              unit="%"
              at={at}
              series={[
                { label: 'canary', tone: 'accent', values: points.map((point) => rate(point.canary)) },
                { label: other, tone: 'quiet', values: points.map((point) => rate(point.other)) },
              ]}
            />
            {points.every((point) => point.canary.p95Ms === null && point.other.p95Ms === null) ? (
              <p className="text-sm text-quiet">How long answers take is not measured by the router here.</p>
            ) : (
              <Chart
                title="Slower than 95 % of requests, ms"
                unit="ms"
                at={at}
                series={[
                  { label: 'canary', tone: 'accent', values: points.map((point) => point.canary.p95Ms) },
                  { label: other, tone: 'quiet', values: points.map((point) => point.other.p95Ms) },
                ]}
              />
            )}
            <Chart
              title="Difference of error rates so far, and what is proven of it, points of %"
              unit="%"
              at={at}
              series={[
                { label: 'difference', tone: 'accent', values: points.map((point) => bound(point.differencePermille)) },
                { label: 'proven above', tone: 'deny', dash: true, values: points.map((point) => bound(point.lowerPermille)) },
                { label: 'proven below', tone: 'allow', dash: true, values: points.map((point) => bound(point.upperPermille)) },
                { label: 'margin', tone: 'wait', values: points.map(() => bound(marginPermille)) },
              ]}
            />
            <Chart
              title="Requests"
              unit=""
              at={at}
              series={[
                { label: 'canary', tone: 'accent', values: points.map((point) => point.canary.requests) },
                { label: other, tone: 'quiet', values: points.map((point) => point.other.requests) },
              ]}
            />
          </div>
          <Numbers compared={compared} other={other} rate={rate} />
        </>
      )}
    </section>
  );
}

/** The same as a table: for screen readers, and for whoever wants the numbers. The newest forty points. */
function Numbers({
  compared,
  other,
  rate,
}: {
  readonly compared: Compared;
  readonly other: string;
  readonly rate: (side: { readonly requests: number; readonly errors: number }) => number | null;
}): ReactNode {
  const shown = compared.points.slice(-40).toReversed();
  const per = compared.intervalsPerPoint;
  return (
    <details>
      <summary className="min-h-6 text-sm text-accent">The numbers{per === 1 ? '' : ` (each line is ${per} intervals)`}</summary>
      <div className="relative mt-1 max-h-96 overflow-auto" tabIndex={0} role="group" aria-label="numbers by interval">
        <table className="w-full text-right text-sm">
          <caption className="sr-only">Canary and {other} by interval, newest first</caption>
          <thead>
            <tr className="text-quiet">
              <th scope="col" className="px-2 py-1 text-left font-medium">
                at
              </th>
              {['canary requests', 'errors', '95 % ms', `${other} requests`, 'errors', '95 % ms', 'difference', 'proven'].map(
                (label, index) => (
                  <th key={index} scope="col" className="px-2 py-1 font-medium">
                    {label}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {shown.map((point, index) => (
              <tr key={index} className="border-t border-line">
                <td className="px-2 py-1 text-left">
                  <When at={point.at} />
                </td>
                <td className="px-2 py-1">{point.canary.requests}</td>
                <td className="px-2 py-1">
                  {point.canary.errors} ({rate(point.canary) ?? '–'} %)
                </td>
                <td className="px-2 py-1">{point.canary.p95Ms ?? '–'}</td>
                <td className="px-2 py-1">{point.other.requests}</td>
                <td className="px-2 py-1">
                  {point.other.errors} ({rate(point.other) ?? '–'} %)
                </td>
                <td className="px-2 py-1">{point.other.p95Ms ?? '–'}</td>
                <td className="px-2 py-1">{point.differencePermille === null ? '–' : `${point.differencePermille / 10} %`}</td>
                <td className="px-2 py-1 whitespace-nowrap">
                  {point.lowerPermille === null ? '' : `> ${point.lowerPermille / 10} %`}{' '}
                  {point.upperPermille === null ? '' : `< ${point.upperPermille / 10} %`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
