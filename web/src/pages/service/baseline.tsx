import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getBaseline, PipelineBaseline } from '../../../../src/contract/baseline.ts';
import { useAnswer } from '../../api/query.ts';
import { Loaded, Panel, spell, Tag } from '../../kit/index.ts';

/** What builds of the service are like, per pipeline: something to compare the next one with. */
export function Baseline({ service }: { readonly service: string }): ReactNode {
  const answer = useAnswer<typeof getBaseline>('/v1/metrics/baseline', { query: { service } }, { live: ['pipelinerun', 'build'] });
  return (
    <Panel
      title="Builds, 90 days"
      actions={
        <Link to="/runs" search={{ service } as never}>
          runs
        </Link>
      }
    >
      <Loaded of={answer} lines={3}>
        {({ pipelines }) =>
          pipelines.length === 0 ? (
            <p className="text-quiet">No run has ended yet.</p>
          ) : (
            <ul className="space-y-2">
              {pipelines.slice(0, 12).map((one) => (
                <li key={`${one.origin} ${one.system ?? ''} ${one.pipeline ?? ''}`} className="min-w-0">
                  <span className="flex min-w-0 flex-wrap items-baseline gap-x-2">
                    <bdi className="min-w-0 font-medium break-words">{one.pipeline ?? 'pipeline'}</bdi>
                    <Tag title={ORIGIN[one.origin]}>{one.system ?? one.origin}</Tag>
                  </span>
                  <span className="block text-sm text-quiet">{wordsOf(one)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

const ORIGIN: Readonly<Record<PipelineBaseline['origin'], string>> = {
  own: 'Ran here',
  recorded: 'Its CI told of these runs',
  read: 'Read from its CI server',
};

function wordsOf({ runs, successRate, p50, p90, flakyCommits }: PipelineBaseline): string {
  const rate = successRate === null ? 'none counted' : `${(successRate * 100).toFixed(1)} % of ${runs} succeeded`;
  const time =
    p50 === null || p90 === null
      ? 'too few to say how long they take'
      : `half within ${spell(p50 * 1000)}, nine of ten within ${spell(p90 * 1000)}`;
  return `${rate}; ${time}${flakyCommits === 0 ? '' : `; ${flakyCommits} commits failed and then succeeded unchanged`}`;
}
