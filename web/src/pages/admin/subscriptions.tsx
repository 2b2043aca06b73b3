import { useState, type ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type {
  addSubscription,
  enableSubscription,
  listSubscriptions,
  removeSubscription,
  SubscriptionView,
  testSubscription,
} from '../../../../src/contract/subscriptions.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Check, Empty, Field, Loaded, Once, Panel, Problem, Select, Table, Tag } from '../../kit/index.ts';

type Type = AnswerOf<typeof listSubscriptions>['types'][number];

/** Who elsewhere is told of what happens here, by signed webhooks. */
export function Subscriptions(): ReactNode {
  const list = useAnswer<typeof listSubscriptions>('/v1/subscriptions', {}, { live: ['subscription'], every: 30_000 });
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<SubscriptionView | null>(null);
  const [said, say] = useState('');
  const test = useAct<typeof testSubscription>('POST', '/v1/subscriptions/{subscription}/test');
  const enable = useAct<typeof enableSubscription>('POST', '/v1/subscriptions/{subscription}/enable');
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  const tryIt = (one: SubscriptionView): void =>
    void test
      .act({ params: { subscription: one.id }, body: {} })
      .then((done) => say(done === null ? '' : `A test goes to ${one.name}; what it was answered is under Deliveries.`));
  return (
    <Panel
      title="Others that are told"
      flush
      actions={
        <Button kind="primary" because={because} onClick={() => setAdding(true)}>
          Tell somebody
        </Button>
      }
    >
      {[test.problem, enable.problem].map((problem) =>
        problem === null ? null : (
          <div key={problem.code} className="p-3">
            <Problem of={problem} />
          </div>
        ),
      )}
      <p role="status" className="p-3 empty:hidden">
        {said}
      </p>
      <Loaded of={list}>
        {({ items, types }) => (
          <>
            <Rows
              items={items}
              because={because}
              busy={test.busy || enable.busy}
              onTest={tryIt}
              onEnable={(one) => void enable.act({ params: { subscription: one.id }, body: {} })}
              onEnd={setEnding}
            />
            {adding ? <Add types={types} onClose={() => setAdding(false)} /> : null}
          </>
        )}
      </Loaded>
      {ending === null ? null : <End of={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}

type RowsProps = {
  readonly items: readonly SubscriptionView[];
  readonly because: string | null;
  readonly busy: boolean;
  readonly onTest: (one: SubscriptionView) => void;
  readonly onEnable: (one: SubscriptionView) => void;
  readonly onEnd: (one: SubscriptionView) => void;
};

function Rows({ items, because, busy, onTest, onEnable, onEnd }: RowsProps): ReactNode {
  return (
    <Table
      caption="Subscriptions"
      rows={items}
      rowKey={(one) => one.id}
      empty={<Empty title="Nobody elsewhere is told of anything yet." command="ym subscriptions add NAME https://example.org/hook" />}
      columns={[
        { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi title={one.id}>{one.name}</bdi> },
        { key: 'state', label: 'State', cell: (one) => <State of={one} /> },
        {
          key: 'of',
          label: 'Of what',
          cell: (one) => (
            <span className="text-sm">
              <Tag>{one.form === 'cdevents' ? 'CDEvents' : 'facts'}</Tag>{' '}
              {one.types.length === 0 ? 'every type' : one.types.length > 3 ? `${one.types.length} types` : one.types.join(', ')}
              {one.filter === null ? null : <code className="block break-all">{one.filter}</code>}
            </span>
          ),
        },
        { key: 'url', label: 'Address', wide: true, cell: (one) => <bdi className="font-mono text-sm break-all">{one.url}</bdi> },
        {
          key: 'act',
          label: 'Act',
          right: true,
          cell: (one) => (
            <span className="inline-flex flex-wrap justify-end gap-1">
              {one.state === 'disabled' ? (
                <Button kind="quiet" because={because} busy={busy} aria-label={`send again to ${one.name}`} onClick={() => onEnable(one)}>
                  Send again
                </Button>
              ) : (
                <Button kind="quiet" because={because} busy={busy} aria-label={`test ${one.name}`} onClick={() => onTest(one)}>
                  Test
                </Button>
              )}
              <Button kind="quiet" because={because} aria-label={`remove ${one.name}`} onClick={() => onEnd(one)}>
                Remove
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

function State({ of }: { readonly of: SubscriptionView }): ReactNode {
  const tone = of.state === 'disabled' ? 'deny' : of.failures > 0 ? 'wait' : 'allow';
  return (
    <span>
      <Tag tone={tone} icon={tone === 'allow' ? 'done' : tone === 'deny' ? 'deny' : 'wait'}>
        {of.state === 'disabled' ? 'given up' : of.failures > 0 ? 'failing' : 'told'}
      </Tag>
      {of.failingSince === null ? null : (
        <span className="block text-sm text-quiet">
          since <Ago at={of.failingSince} />
          {of.why === null ? null : (
            <>
              : <bdi>{of.why}</bdi>
            </>
          )}
        </span>
      )}
    </span>
  );
}

function Add({ types, onClose }: { readonly types: readonly Type[]; readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [form, setForm] = useState<'cdevents' | 'facts'>('cdevents');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [filter, setFilter] = useState('');
  const [made, setMade] = useState<AnswerOf<typeof addSubscription> | null>(null);
  const add = useAct<typeof addSubscription>('POST', '/v1/subscriptions');
  if (made !== null)
    return (
      <Once title={`${made.name} is told from now on`} until={null} texts={[['The secret that signs', made.secret]]} onClose={onClose}>
        <p>
          Each message is signed after Standard Webhooks: <code>webhook-id</code>, <code>webhook-timestamp</code>,{' '}
          <code>webhook-signature</code>.
        </p>
      </Once>
    );
  const offered = types.filter((one) => form === 'facts' || one.cdevents);
  const sent = chosen.filter((type) => offered.some((one) => one.type === type));
  const body = { name, url, form, types: sent, ...(filter.trim() === '' ? {} : { filter }) };
  return (
    <Ask
      title="Tell somebody of what happens"
      says="Its address is judged before anything is kept. Messages that it does not take are sent again for a stated time, and then parked."
      does="Tell it"
      reason="none"
      ready={name.trim() !== '' && url !== ''}
      busy={add.busy}
      problem={add.problem}
      onDo={() => void add.act({ body }).then(setMade)}
      onClose={onClose}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          label="Name"
          autoFocus
          maxLength={300}
          placeholder="data-warehouse"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label="In which form"
          value={form}
          onChange={(value) => setForm(value as 'cdevents' | 'facts')}
          options={[
            ['cdevents', 'CDEvents, as CloudEvents'],
            ['facts', 'facts of the ledger, as they are'],
          ]}
        />
      </div>
      <Field
        label="Its address"
        type="url"
        placeholder="https://example.org/hook"
        maxLength={2000}
        value={url}
        onChange={(event) => setUrl(event.target.value.trim())}
      />
      <Types offered={offered} chosen={sent} onChange={setChosen} />
      <Field
        label="Only where this is true"
        placeholder={'fact.service == "shop"'}
        hint="CEL over fact: id, type, subject, service, at, body. Empty: always."
        spellCheck={false}
        maxLength={2000}
        value={filter}
        onChange={(event) => setFilter(event.target.value)}
      />
    </Ask>
  );
}

type TypesProps = {
  readonly offered: readonly Type[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
};

/** The types by the word that they begin with; none chosen is all of them. */
function Types({ offered, chosen, onChange }: TypesProps): ReactNode {
  const [sought, seek] = useState('');
  const shown = offered.filter((one) => one.type.includes(sought.trim()) || one.means.toLowerCase().includes(sought.trim().toLowerCase()));
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-sm font-medium">
        Of what: {chosen.length === 0 ? `everything (${offered.length} types)` : `${chosen.length} of ${offered.length} types`}
      </legend>
      <Field label="Find a type" placeholder="deployment" value={sought} onChange={(event) => seek(event.target.value)} />
      <div className="max-h-56 space-y-1 overflow-y-auto rounded-md border border-line p-2" role="group" aria-label="types" tabIndex={0}>
        {shown.length === 0 ? <p className="text-quiet">No type says that.</p> : null}
        {shown.map((one) => (
          <Check
            key={one.type}
            label={
              <>
                <code>{one.type}</code> <span className="text-sm text-quiet">{one.means}</span>
              </>
            }
            checked={chosen.includes(one.type)}
            onChange={(on) => onChange(on ? [...chosen, one.type] : chosen.filter((other) => other !== one.type))}
          />
        ))}
      </div>
    </fieldset>
  );
}

function End({ of, onClose }: { readonly of: SubscriptionView; readonly onClose: () => void }): ReactNode {
  const remove = useAct<typeof removeSubscription>('DELETE', '/v1/subscriptions/{subscription}');
  return (
    <Ask
      title={`Remove ${of.name}`}
      says="It is told nothing any more; what waits is parked."
      does="Remove"
      danger
      reason="none"
      busy={remove.busy}
      problem={remove.problem}
      onDo={() => void remove.act({ params: { subscription: of.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
