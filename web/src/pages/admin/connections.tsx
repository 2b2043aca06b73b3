import { useState, type ReactNode } from 'react';
import type {
  addConnection,
  checkConnection,
  ConnectionView,
  hookConnection,
  listConnections,
  removeConnection,
  VendorView,
} from '../../../../src/contract/connections.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Area, Ask, Button, Empty, Field, Loaded, Once, Panel, Select, Table, Tag } from '../../kit/index.ts';

type Asked = { readonly what: 'add' } | { readonly what: 'check' | 'hook' | 'remove'; readonly of: ConnectionView } | null;

/** Forges, CI servers, trackers and chat that the team already has: how each is, and what can be done with it. */
export function Connections(): ReactNode {
  const list = useAnswer<typeof listConnections>('/v1/connections', {}, { live: ['connection'], every: 30_000 });
  const [asked, setAsked] = useState<Asked>(null);
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  const end = (): void => setAsked(null);
  return (
    <Panel
      title="Connections"
      flush
      actions={
        <Button kind="primary" because={because} onClick={() => setAsked({ what: 'add' })}>
          Connect one
        </Button>
      }
    >
      <Loaded of={list}>
        {({ items, vendors }) => (
          <>
            <Rows items={items} vendors={vendors} because={because} onAsk={setAsked} />
            {asked?.what === 'add' ? <Add vendors={vendors} onClose={end} /> : null}
          </>
        )}
      </Loaded>
      {asked?.what === 'check' ? <Checked of={asked.of} onClose={end} /> : null}
      {asked?.what === 'hook' ? <Hook of={asked.of} onClose={end} /> : null}
      {asked?.what === 'remove' ? <Remove of={asked.of} onClose={end} /> : null}
    </Panel>
  );
}

type RowsProps = {
  readonly items: readonly ConnectionView[];
  readonly vendors: readonly VendorView[];
  readonly because: string | null;
  readonly onAsk: (asked: Asked) => void;
};

function Rows({ items, vendors, because, onAsk }: RowsProps): ReactNode {
  const vendorOf = (name: string): VendorView | undefined => vendors.find((one) => one.name === name);
  return (
    <Table
      caption="Connections"
      rows={items}
      rowKey={(one) => one.id}
      empty={
        <Empty
          title="Nothing is connected yet. A forge that is connected gives its private repositories, merge requests and reviews."
          command="ym connect add github --name github --credential -"
        />
      }
      columns={[
        { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi title={one.id}>{one.name}</bdi> },
        { key: 'vendor', label: 'What', sort: (one) => one.vendor, cell: (one) => vendorOf(one.vendor)?.title ?? one.vendor },
        { key: 'state', label: 'State', cell: (one) => <State of={one} /> },
        {
          key: 'asked',
          label: 'Last asked',
          sort: (one) => one.checkedAt ?? '',
          cell: (one) => (one.checkedAt === null ? <span className="text-quiet">never</span> : <Ago at={one.checkedAt} />),
        },
        { key: 'url', label: 'Address', wide: true, cell: (one) => <bdi className="font-mono text-sm break-all">{one.url}</bdi> },
        {
          key: 'act',
          label: 'Act',
          right: true,
          cell: (one) => (
            <span className="inline-flex flex-wrap justify-end gap-1">
              <Button kind="quiet" because={because} aria-label={`check ${one.name}`} onClick={() => onAsk({ what: 'check', of: one })}>
                Check
              </Button>
              {vendorOf(one.vendor)?.offers.includes('forge') === true ? (
                <Button
                  kind="quiet"
                  because={because}
                  aria-label={`webhook of ${one.name}`}
                  onClick={() => onAsk({ what: 'hook', of: one })}
                >
                  Webhook
                </Button>
              ) : null}
              <Button kind="quiet" because={because} aria-label={`remove ${one.name}`} onClick={() => onAsk({ what: 'remove', of: one })}>
                Remove
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

const TONES = { new: 'plain', working: 'allow', failing: 'wait', refused: 'deny' } as const;
const ICONS = { new: 'wait', working: 'done', failing: 'unknown', refused: 'deny' } as const;

function State({ of }: { readonly of: ConnectionView }): ReactNode {
  return (
    <span>
      <Tag tone={TONES[of.state]} icon={ICONS[of.state]}>
        {of.state}
      </Tag>
      {of.lastError === null ? null : (
        <span className="block text-sm text-quiet">
          <bdi>{of.lastError}</bdi>
        </span>
      )}
    </span>
  );
}

function Add({ vendors, onClose }: { readonly vendors: readonly VendorView[]; readonly onClose: () => void }): ReactNode {
  const [vendor, setVendor] = useState(vendors[0]?.name ?? '');
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [given, setGiven] = useState<Readonly<Record<string, string>>>({});
  const add = useAct<typeof addConnection>('POST', '/v1/connections');
  const chosen = vendors.find((one) => one.name === vendor);
  const value = (key: string): string => given[key] ?? '';
  const fieldsOf = (kind: 'credential' | 'settings'): Record<string, string> =>
    Object.fromEntries(
      (chosen?.[kind] ?? []).flatMap((one) => (value(`${kind}.${one.name}`) === '' ? [] : [[one.name, value(`${kind}.${one.name}`)]])),
    );
  const body = { name, vendor, ...(url === '' ? {} : { url }), settings: fieldsOf('settings'), credential: fieldsOf('credential') };
  return (
    <Ask
      title="Connect what you already have"
      says="Its address is judged before anything is kept. What you give to sign in is sealed, and shown to nobody again."
      does="Connect"
      reason="none"
      busy={add.busy}
      problem={add.problem}
      ready={name !== '' && chosen !== undefined && (url !== '' || chosen.url !== null)}
      onDo={() => void add.act({ body }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Select label="What" value={vendor} onChange={setVendor} options={vendors.map((one) => [one.name, one.title] as const)} />
      <Field
        label="How you call it"
        autoFocus
        maxLength={63}
        placeholder="github"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={chosen?.url === null ? 'Its address' : 'Its address, where it is not the usual one'}
        placeholder={chosen?.url ?? ''}
        maxLength={2000}
        value={url}
        onChange={(event) => setUrl(event.target.value)}
      />
      {(chosen?.settings ?? []).map((one) => (
        <Field
          key={`settings.${one.name}`}
          label={one.title}
          maxLength={2000}
          value={value(`settings.${one.name}`)}
          onChange={(event) => setGiven({ ...given, [`settings.${one.name}`]: event.target.value })}
        />
      ))}
      {(chosen?.credential ?? []).map((one) =>
        one.name === 'privateKey' ? (
          <Area
            key={`credential.${one.name}`}
            label={one.title}
            value={value(`credential.${one.name}`)}
            onChange={(event) => setGiven({ ...given, [`credential.${one.name}`]: event.target.value })}
          />
        ) : (
          <Field
            key={`credential.${one.name}`}
            label={one.title}
            type="password"
            autoComplete="off"
            maxLength={20_000}
            value={value(`credential.${one.name}`)}
            onChange={(event) => setGiven({ ...given, [`credential.${one.name}`]: event.target.value })}
          />
        ),
      )}
    </Ask>
  );
}

function Checked({ of, onClose }: { readonly of: ConnectionView; readonly onClose: () => void }): ReactNode {
  const check = useAct<typeof checkConnection>('POST', '/v1/connections/{connection}/check');
  const [found, setFound] = useState<AnswerOf<typeof checkConnection> | null>(null);
  return (
    <Ask
      title={`Check ${of.name}`}
      says={
        found === null
          ? 'Asks the other side who we are and what we may do there.'
          : found.as === null
            ? 'It answers.'
            : `It knows us as ${found.as}.`
      }
      does={found === null ? 'Ask now' : 'Ask again'}
      reason="none"
      busy={check.busy}
      problem={check.problem}
      onDo={() => void check.act({ params: { connection: of.name }, body: {} }).then(setFound)}
      onClose={onClose}
    >
      {(found?.found ?? []).map((one) => (
        <p key={one.what}>
          <Tag tone={one.ok ? 'allow' : 'deny'} icon={one.ok ? 'done' : 'deny'}>
            {one.ok ? 'yes' : 'no'}
          </Tag>{' '}
          {one.what}: <bdi>{one.detail}</bdi>
        </p>
      ))}
    </Ask>
  );
}

function Hook({ of, onClose }: { readonly of: ConnectionView; readonly onClose: () => void }): ReactNode {
  const make = useAct<typeof hookConnection>('POST', '/v1/connections/{connection}/hook');
  const [made, setMade] = useState<AnswerOf<typeof hookConnection> | null>(null);
  const ask = (register: boolean): void => void make.act({ params: { connection: of.name }, body: { register } }).then(setMade);
  if (made !== null)
    return (
      <Once
        title={`Webhook of ${of.name}`}
        until={null}
        texts={[
          ['Its address', made.url],
          ['Its secret', made.secret],
        ]}
        onClose={onClose}
      >
        {made.registered.map((one) => (
          <p key={one.repository}>
            <bdi>{one.repository}</bdi>: <bdi>{one.detail}</bdi>
          </p>
        ))}
        {made.schemes.some((one) => one === 'basic') ? (
          <p className="text-quiet">This forge sends the secret itself and signs nothing: taken over TLS alone.</p>
        ) : null}
      </Once>
    );
  return (
    <Ask
      title={`Make the webhook of ${of.name}`}
      says="Pushes and reviews are then seen at once instead of within five minutes. One that was made before ends with it. Set it at the forge with the address and the secret that come next."
      does="Make it"
      reason="none"
      busy={make.busy}
      problem={make.problem}
      onDo={() => ask(false)}
      onClose={onClose}
    >
      <Button busy={make.busy} onClick={() => ask(true)}>
        Make it and set it at the forge for every watched repository
      </Button>
    </Ask>
  );
}

function Remove({ of, onClose }: { readonly of: ConnectionView; readonly onClose: () => void }): ReactNode {
  const remove = useAct<typeof removeConnection>('DELETE', '/v1/connections/{connection}');
  return (
    <Ask
      title={`Remove ${of.name}`}
      says="Its credential is forgotten. Its private repositories can't be read any more, and nothing is written there."
      does="Remove"
      danger
      reason="none"
      busy={remove.busy}
      problem={remove.problem}
      onDo={() => void remove.act({ params: { connection: of.name } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
