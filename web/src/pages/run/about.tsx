import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listReleases } from '../../../../src/contract/releases.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Digest, Facts, Lasted, OutsideLink, Panel, Person, State, Tag } from '../../kit/index.ts';
import { branchOf } from './look.ts';
import { tally } from './groups.ts';
import type { Run } from './types.ts';
import { useNow } from './waterfall.tsx';

/** What ran, why, who asked, and what became of it. */
export function About({ run }: { readonly run: Run }): ReactNode {
  const now = useNow(run.finishedAt === null);
  const lasted = (run.finishedAt === null ? now : Date.parse(run.finishedAt)) - Date.parse(run.heardAt);
  return (
    <Panel>
      <div className="grid min-w-0 items-start gap-x-8 gap-y-1 lg:grid-cols-2">
        <Facts
          of={[
            [
              'What',
              <span className="min-w-0">
                {(run.subject ?? run.read?.title ?? null) === null ? null : (
                  <bdi className="block font-medium">{run.subject ?? run.read?.title}</bdi>
                )}
                <Link to="/services/$service" params={{ service: run.service } as never} className="underline underline-offset-2">
                  {run.service}
                </Link>
                {run.ref === null ? (
                  ''
                ) : (
                  <>
                    {' '}
                    at <bdi>{branchOf(run.ref)}</bdi>
                  </>
                )}
                {run.repository === null ? null : (
                  <span className="block text-sm">
                    <OutsideLink href={run.repository} />
                  </span>
                )}
              </span>,
            ],
            ['Commit', run.commit === null ? 'none' : <Digest of={run.commit} to={`/runs?commit=${run.commit}`} />],
            ['Why', run.recorded !== null ? <Recorded run={run} /> : run.trigger === 'push' ? 'a push' : 'somebody asked for it'],
            ...(run.requester === null ? [] : ([['Who', <Person id={run.requester.id} name={run.requester.name} />]] as const)),
          ]}
        />
        <Facts
          of={[
            ['Jobs', tally(run.jobs) || 'none'],
            [run.finishedAt === null ? 'Goes on for' : 'Took', <Lasted ms={lasted} />],
            ['Until its first step', <Lasted ms={run.timings.toFirstStepMs} />],
            ['Queued', <Ago at={run.queuedAt} />],
            [
              'Trust',
              <Tag tone={run.trust === 'untrusted' ? 'wait' : 'plain'} title={TRUST[run.trust]}>
                {run.trust}
              </Tag>,
            ],
            ['Releases', <Releases run={run} />],
            ...Object.entries(run.inputs)
              .slice(0, 20)
              .map(([name, value]) => [`Input ${name}`, <code>{value.slice(0, 300)}</code>] as const),
          ]}
        />
      </div>
    </Panel>
  );
}

/** Of a run that another CI ran: which, and who told it. Nothing of it was seen here. */
function Recorded({ run }: { readonly run: Run }): ReactNode {
  const { recorded, read } = run;
  if (recorded === null) return null;
  return (
    <span className="min-w-0">
      {run.trigger === 'read' ? <Tag title="A connection reads it from its CI server; nothing of it was seen here">read</Tag> : 'recorded:'}{' '}
      <bdi>{recorded.system}</bdi> ran it as{' '}
      {recorded.url === null ? <bdi>{recorded.id}</bdi> : <OutsideLink href={recorded.url}>{recorded.id}</OutsideLink>}
      {recorded.attempt === 1 ? '' : `, attempt ${recorded.attempt}`}
      {read === null ? null : (
        <span className="block text-sm text-quiet">
          <bdi>{read.pipeline}</bdi>
          {read.trigger === null ? '' : <bdi>, {read.trigger}</bdi>}
          {read.actor === null ? '' : <bdi>, by {read.actor} there</bdi>}
        </span>
      )}
      {run.told.map((one) => (
        <span key={`${one.by} ${one.workload?.subject ?? one.via}`} className="block text-sm text-quiet">
          told by{' '}
          {one.workload === null ? (
            <bdi>
              {one.by} with a {one.via}
            </bdi>
          ) : (
            <bdi>
              the workload {one.workload.workflow ?? one.workload.subject}, as {one.workload.issuer} attests
            </bdi>
          )}
        </span>
      ))}
    </span>
  );
}

const TRUST: Readonly<Record<Run['trust'], string>> = {
  untrusted: 'A commit that stands on no branch of ours: no secrets, its own runners, never released',
  trusted: 'A branch of the repository',
  protected: 'The protected branch of the service',
};

/** Releases made of this run: there the gates say whether it may go on. */
function Releases({ run }: { readonly run: Run }): ReactNode {
  const query = { service: run.service, ...(run.commit === null ? {} : { commit: run.commit }), limit: 20 };
  const { data } = useAnswer<typeof listReleases>('/v1/releases', { query }, { live: ['release'], enabled: run.commit !== null });
  const made = data?.items.filter((release) => release.run === run.id) ?? [];
  if (made.length === 0)
    return <span className="text-quiet">{run.state === 'succeeded' ? <>none yet: ym release create {run.service}</> : 'none'}</span>;
  return (
    <span className="flex flex-wrap gap-2">
      {made.map((release) => (
        <Link key={release.id} to="/releases/$release" params={{ release: release.id } as never}>
          {release.version} <State of={release.state} />
        </Link>
      ))}
    </span>
  );
}
