import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { liftHold, placeHold, showRetention } from '../../../../src/contract/retention.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, type useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Digest, Empty, Field, Loaded, Panel, Select, Table, When } from '../../kit/index.ts';

type Hold = AnswerOf<typeof showRetention>['holds'][number];

/** What stays whatever its age: by whom, why, and whether somebody lifted it. */
export function Holds({ shown }: { readonly shown: ReturnType<typeof useAnswer<typeof showRetention>> }): ReactNode {
  const [asked, setAsked] = useState<Hold | 'place' | null>(null);
  const because = useMay()('admin.operate') ? null : 'it needs the role admin';
  return (
    <Panel
      title="Legal holds"
      flush
      actions={
        <Button because={because} onClick={() => setAsked('place')}>
          Place a hold
        </Button>
      }
    >
      <Loaded of={shown} lines={3}>
        {({ holds }) => (
          <Table
            caption="Legal holds, newest first"
            rows={holds}
            rowKey={(one) => one.id}
            empty={
              <Empty title="Nothing is held" command={'ym retention hold --service shop --reason "..."'}>
                A hold keeps everything, or what belongs to a service, a run, a release or an artifact, until somebody lifts it.
              </Empty>
            }
            columns={[
              { key: 'what', label: 'Holds', cell: (one) => <Held of={one} /> },
              { key: 'reason', label: 'Because', cell: (one) => <bdi className="break-words">{one.reason}</bdi> },
              {
                key: 'by',
                label: 'Placed',
                sort: (one) => one.placedAt,
                cell: (one) => (
                  <span>
                    <bdi>{one.placedByName ?? one.placedBy}</bdi> <When at={one.placedAt} />
                  </span>
                ),
              },
              {
                key: 'state',
                label: 'State',
                right: true,
                cell: (one) =>
                  one.liftedAt === null ? (
                    <Button kind="quiet" because={because} aria-label={`lift the hold ${one.reason}`} onClick={() => setAsked(one)}>
                      Lift
                    </Button>
                  ) : (
                    <span className="text-sm text-quiet">
                      lifted by <bdi>{one.liftedByName ?? one.liftedBy}</bdi> <When at={one.liftedAt} />
                      {one.liftedReason === null ? null : <bdi className="block break-words">{one.liftedReason}</bdi>}
                    </span>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {asked === 'place' ? <Place onClose={() => setAsked(null)} /> : null}
      {asked !== null && asked !== 'place' ? <Lift hold={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function Held({ of }: { readonly of: Hold }): ReactNode {
  if (of.artifact !== null) return <Digest of={of.artifact} to={`/artifacts/${of.artifact}`} />;
  if (of.release !== null) return <Link to={`/releases/${of.release}`}>a release</Link>;
  if (of.run !== null) return <Link to={`/runs/${of.run}`}>a run</Link>;
  if (of.service !== null)
    return (
      <Link to={`/services/${of.service}`}>
        all of <bdi>{of.service}</bdi>
      </Link>
    );
  return <strong>everything</strong>;
}

const SCOPES = [
  ['service', 'all of a service'],
  ['run', 'a run'],
  ['release', 'a release and its run'],
  ['artifact', 'an artifact'],
  ['everything', 'everything'],
] as const;
const NAMES: Readonly<Record<string, string>> = {
  service: 'The name of the service',
  run: 'The id of the run',
  release: 'The id of the release',
  artifact: 'The digest of the artifact',
};

function Place({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [scope, setScope] = useState('service');
  const [name, setName] = useState('');
  const place = useAct<typeof placeHold>('POST', '/v1/admin/holds');
  return (
    <Ask
      title="Place a legal hold"
      says="What it names is kept whatever its age, until somebody lifts the hold. Who placed it, when and why stands in the ledger."
      does="Hold it"
      busy={place.busy}
      problem={place.problem}
      ready={scope === 'everything' || name.trim() !== ''}
      onClose={onClose}
      onDo={(reason) => {
        const body = { reason, ...(scope === 'everything' ? {} : { [scope]: name.trim() }) };
        void place.act({ body }).then((answer) => answer !== null && onClose());
      }}
    >
      <Select label="What" value={scope} onChange={setScope} options={SCOPES} />
      {scope === 'everything' ? null : (
        <Field label={NAMES[scope] ?? ''} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
      )}
    </Ask>
  );
}

function Lift({ hold, onClose }: { readonly hold: Hold; readonly onClose: () => void }): ReactNode {
  const lift = useAct<typeof liftHold>('POST', '/v1/admin/holds/{hold}/lift');
  return (
    <Ask
      title="Lift this hold"
      says={`It was placed because: ${hold.reason} What it kept and is old enough goes in the next round, unless another hold keeps it.`}
      does="Lift it"
      danger
      busy={lift.busy}
      problem={lift.problem}
      onClose={onClose}
      onDo={(reason) => void lift.act({ params: { hold: hold.id }, body: { reason } }).then((answer) => answer !== null && onClose())}
    />
  );
}
