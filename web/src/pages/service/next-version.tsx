import { useState, type ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { nextRelease } from '../../../../src/contract/releases.ts';
import { useAnswer } from '../../api/query.ts';
import { Button, Loaded, Panel, Tag } from '../../kit/index.ts';
import type { Overview } from './types.ts';

type Next = AnswerOf<typeof nextRelease>;
const SHOWN = 8;

/** What the next release of a service would be called and why, on its page. */
export function NextVersion({ of: { service, runs } }: { readonly of: Overview }): ReactNode {
  if (service.repository === null || !runs.some((run) => run.state === 'succeeded')) return null;
  return (
    <Panel title="Next version">
      <NextVersionOf service={service.name} />
    </Panel>
  );
}

/** The same of a run and a type of release, as it is asked about in a dialog; `short`: without the commits. */
export function NextVersionOf(props: {
  readonly service: string;
  readonly run?: string;
  readonly type?: string;
  readonly short?: boolean;
}): ReactNode {
  const { service, run, type = 'standard', short = false } = props;
  const query = { type: type as 'standard', ...(run === undefined ? {} : { run: run as `run_${string}` }) };
  const answer = useAnswer<typeof nextRelease>(
    '/v1/services/{service}/next-version',
    { params: { service }, query },
    { live: ['version', 'release', 'pipelinerun', 'change'], keep: true },
  );
  return (
    <Loaded of={answer} lines={3}>
      {(next) => (
        <div className="min-w-0 space-y-2" aria-live="polite">
          <Headline of={next} />
          {next.held.map((one) => (
            <p key={one.branch} className="text-sm text-quiet">
              <code>{one.number}</code> is held by the branch <bdi className="break-all">{one.branch}</bdi>.
            </p>
          ))}
          {short || next.because.length === 0 ? null : <Because of={next} />}
        </div>
      )}
    </Loaded>
  );
}

function Headline({ of: { next, why, refused, branch, strategy, preview, channel } }: { readonly of: Next }): ReactNode {
  return (
    <>
      <p className="flex min-w-0 flex-wrap items-baseline gap-x-2 gap-y-1">
        {next === null ? (
          <Tag tone={refused ? 'deny' : 'wait'}>{refused ? 'not from this branch' : 'nothing to release'}</Tag>
        ) : (
          <bdi className="font-mono text-lg font-medium break-all">{next}</bdi>
        )}
        <Tag title="The strategy by which branches become versions: .yardmaster/versions.yaml">{strategy}</Tag>
        {channel === null ? null : <Tag tone="accent">{channel}</Tag>}
        {preview ? <Tag title="This branch releases nothing by itself">once merged</Tag> : null}
      </p>
      <p className="break-words">
        {why}
        {branch === null ? '.' : null}
        {branch === null ? null : (
          <span className="text-quiet">
            {' '}
            (on <bdi className="break-all">{branch}</bdi>)
          </span>
        )}
      </p>
    </>
  );
}

function Because({ of: { because, more } }: { readonly of: Next }): ReactNode {
  const [all, setAll] = useState(false);
  const rest = because.length + more - SHOWN;
  return (
    <>
      <ul className="space-y-1 text-sm">
        {(all ? because : because.slice(0, SHOWN)).map((one) => (
          <li key={one.commit} className="flex min-w-0 items-baseline gap-2" title={one.why}>
            <code className="shrink-0 text-quiet">{one.commit.slice(0, 7)}</code>
            <bdi className="min-w-0 flex-1 truncate">{one.subject}</bdi>
            <span className="shrink-0 text-quiet">{one.bump ?? 'none'}</span>
          </li>
        ))}
      </ul>
      {rest <= 0 ? null : all ? (
        more === 0 ? null : (
          <p className="text-sm text-quiet">and {more} more commits</p>
        )
      ) : (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {rest} more
        </Button>
      )}
    </>
  );
}
