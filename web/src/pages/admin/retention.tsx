import { useState, type ReactNode } from 'react';
import type { planRetention, runRetention, setRetention, showRetention } from '../../../../src/contract/retention.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Bytes, Check, Digest, Empty, Field, Loaded, Panel, Select, Table, Tag } from '../../kit/index.ts';
import { Holds } from './legal-holds.tsx';

type Shown = AnswerOf<typeof showRetention>;
type Rule = Shown['rules'][number];
type Planned = AnswerOf<typeof planRetention>['items'][number];
/** The rules whose things are shown by name: what can be lost are bytes that somebody may want to deploy. */
const NAMED = ['artifacts-built', 'artifacts-released', 'artifacts-production'];
const MOST_PLANNED = 200;

/** How long things are kept, what the next round would remove and why the rest stays, and legal holds. */
export function Retention(): ReactNode {
  const shown = useAnswer<typeof showRetention>('/v1/admin/retention', {}, { live: ['retention', 'legal-hold'] });
  return (
    <div className="space-y-4">
      <Rules shown={shown} />
      <Plan />
      <Holds shown={shown} />
    </div>
  );
}

type ShownProps = { readonly shown: ReturnType<typeof useAnswer<typeof showRetention>> };

function useBecause(): string | null {
  return useMay()('admin.operate') ? null : 'it needs the role admin';
}

function Rules({ shown }: ShownProps): ReactNode {
  const [asked, setAsked] = useState<Rule | 'run' | null>(null);
  const because = useBecause();
  return (
    <Panel
      title="How long things are kept"
      flush
      actions={
        <Button because={because} onClick={() => setAsked('run')}>
          Remove what is due now
        </Button>
      }
    >
      <p className="p-3 text-quiet">
        A round goes by itself once a day. Facts and decisions are kept for ever. What runs anywhere, what is a way back, and what is under
        a legal hold stays, whatever its age.
      </p>
      <Loaded of={shown} lines={6}>
        {({ rules, unnamed }) => (
          <>
            <Table
              caption="Rules of retention"
              rows={artifactsFirst(rules)}
              rowKey={(one) => one.what}
              columns={[
                {
                  key: 'what',
                  label: 'What',
                  sort: (one) => one.what,
                  cell: (one) => (
                    <span>
                      {one.what}
                      <span className="block text-sm text-quiet">{one.means}</span>
                    </span>
                  ),
                },
                { key: 'kept', label: 'Kept', sort: (one) => one.days, cell: (one) => <Kept of={one} /> },
                {
                  key: 'due',
                  label: 'Due now',
                  sort: (one) => one.due.things,
                  cell: (one) =>
                    one.due.things === 0 ? (
                      <span className="text-quiet">nothing</span>
                    ) : (
                      <span>
                        {one.due.things.toLocaleString()}
                        {one.due.bytes === 0 ? null : (
                          <>
                            , <Bytes of={one.due.bytes} />
                          </>
                        )}
                      </span>
                    ),
                },
                {
                  key: 'held',
                  label: 'Held',
                  wide: true,
                  cell: (one) => (one.due.held === 0 ? <span className="text-quiet">–</span> : <Tag tone="wait">{one.due.held} held</Tag>),
                },
                {
                  key: 'act',
                  label: 'Act',
                  right: true,
                  cell: (one) => (
                    <Button kind="quiet" because={because} aria-label={`change ${one.what}`} onClick={() => setAsked(one)}>
                      Change
                    </Button>
                  ),
                },
              ]}
            />
            {unnamed === 0 ? null : (
              <p className="p-3 text-sm text-quiet">
                {unnamed} {unnamed === 1 ? 'stored file is' : 'stored files are'} named by nothing any more, and go a day after that.
              </p>
            )}
          </>
        )}
      </Loaded>
      {asked === 'run' ? <RunNow onClose={() => setAsked(null)} /> : null}
      {asked !== null && asked !== 'run' ? <Change rule={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

/** What can be lost for good and be missed are artifacts: their rules stand on top, the rest as it came. */
function artifactsFirst(rules: readonly Rule[]): Rule[] {
  return [...rules.filter(({ what }) => NAMED.includes(what)), ...rules.filter(({ what }) => !NAMED.includes(what))];
}

function Kept({ of }: { readonly of: Rule }): ReactNode {
  return (
    <span>
      {days(of.days)}
      {of.keep === null ? null : `, and the newest ${of.keep} of each service`}
      {of.days === of.usual ? null : <span className="block text-sm text-quiet">usual: {days(of.usual)}</span>}
    </span>
  );
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count.toLocaleString()} days`;
}

function Change({ rule, onClose }: { readonly rule: Rule; readonly onClose: () => void }): ReactNode {
  const [kept, setKept] = useState(String(rule.days));
  const [newest, setNewest] = useState(String(rule.keep ?? 0));
  const set = useAct<typeof setRetention>('PUT', '/v1/admin/retention/{what}');
  const wanted = { days: whole(kept, 1, 36_500), keep: rule.keep === null ? 0 : whole(newest, 0, 100_000) };
  return (
    <Ask
      title={`How long ${rule.what} are kept`}
      says={`${rule.means} What is older is removed by the next round, for good.`}
      does="Decide"
      danger={wanted.days !== null && wanted.days < rule.days}
      reason="none"
      ready={wanted.days !== null && wanted.keep !== null}
      busy={set.busy}
      problem={set.problem}
      onClose={onClose}
      onDo={() => {
        const { days: count, keep } = wanted;
        if (count === null || keep === null) return;
        const body = rule.keep === null ? { days: count } : { days: count, keep };
        void set.act({ params: { what: rule.what }, body }).then((answer) => answer !== null && onClose());
      }}
    >
      <Field
        label="Days"
        inputMode="numeric"
        hint="1 to 36500"
        maxLength={5}
        value={kept}
        onChange={(event) => setKept(event.target.value)}
      />
      {rule.keep === null ? null : (
        <Field
          label="The newest of each service that stay whatever their age"
          inputMode="numeric"
          maxLength={6}
          value={newest}
          onChange={(event) => setNewest(event.target.value)}
        />
      )}
    </Ask>
  );
}

/** A whole number of the range, or null. */
function whole(text: string, least: number, most: number): number | null {
  const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : null;
}

function RunNow({ onClose }: { readonly onClose: () => void }): ReactNode {
  const start = useAct<typeof runRetention>('POST', '/v1/admin/retention/run');
  return (
    <Ask
      title="Remove what is due now"
      says="What is due by every rule is removed now and not at the next daily round. It goes on in the background, and can’t be taken back."
      does="Remove it"
      danger
      reason="none"
      busy={start.busy}
      problem={start.problem}
      onClose={onClose}
      onDo={() => void start.act({}).then((answer) => answer !== null && onClose())}
    />
  );
}

/** The dry run: artifacts that would go, by name. */
function Plan(): ReactNode {
  const [what, setWhat] = useState('');
  const [all, setAll] = useState(false);
  const plan = useAnswer<typeof planRetention>(
    '/v1/admin/retention/plan',
    { query: { limit: MOST_PLANNED, all: all ? 'true' : 'false', ...(what === '' ? {} : { what }) } },
    { live: ['retention', 'legal-hold', 'artifact'], keep: true },
  );
  return (
    <Panel title="Artifacts that the next round removes" flush>
      <div className="flex flex-wrap items-end gap-x-4 gap-y-2 p-3">
        <Select label="Rule" value={what} onChange={setWhat} options={[['', 'every rule'], ...NAMED.map((one) => [one, one] as const)]} />
        <Check label="Also what stays, and why" checked={all} onChange={setAll} />
      </div>
      <Loaded of={plan} lines={4}>
        {({ items }) => (
          <Table
            caption="A dry run, those used longest ago first"
            rows={items}
            rowKey={(one) => `${one.what} ${one.name}`}
            empty={
              <Empty title="No artifact is due" command="ym retention plan">
                Everything that is kept is young enough, runs somewhere, or is a way back.
              </Empty>
            }
            columns={[
              { key: 'name', label: 'Artifact', cell: (one) => <Name of={one} /> },
              { key: 'rule', label: 'Rule', wide: true, sort: (one) => one.what, cell: (one) => one.what },
              { key: 'size', label: 'Size', right: true, sort: (one) => one.size, cell: (one) => <Bytes of={one.size} /> },
              { key: 'since', label: 'Last used', sort: (one) => one.since, cell: (one) => <Ago at={one.since} /> },
              {
                key: 'held',
                label: 'What happens',
                cell: (one) => <Fate of={one} />,
              },
            ]}
          />
        )}
      </Loaded>
      {(plan.data?.items.length ?? 0) < MOST_PLANNED ? null : (
        <p className="p-3 text-sm text-quiet">
          The first {MOST_PLANNED}; <code>ym retention plan --limit 1000</code> shows more.
        </p>
      )}
    </Panel>
  );
}

const STAYS = {
  runs: 'it runs',
  deploying: 'it is being deployed',
  'way-back': 'it is a way back',
  young: 'it is young',
  newest: 'it is among the newest',
} as const;

function Fate({ of }: { readonly of: Planned }): ReactNode {
  if (of.stays !== null) return <span className="text-quiet">stays: {STAYS[of.stays]}</span>;
  return of.held ? <Tag tone="wait">stays: held</Tag> : <Tag tone="deny">is removed</Tag>;
}

function Name({ of }: { readonly of: Planned }): ReactNode {
  return of.name.startsWith('sha256:') ? <Digest of={of.name} to={`/artifacts/${of.name}`} /> : <bdi className="break-all">{of.name}</bdi>;
}
