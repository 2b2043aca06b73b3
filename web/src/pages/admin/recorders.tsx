import { useState, type ReactNode } from 'react';
import type {
  addRecorderIdentity,
  addRecorderKey,
  listRecorderIdentities,
  listRecorderKeys,
  revokeRecorderIdentity,
  revokeRecorderKey,
} from '../../../../src/contract/record.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { listWorkloads } from '../../../../src/contract/workloads.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Area, Ask, Button, Digest, Empty, Field, Loaded, Panel, Select, Table } from '../../kit/index.ts';
import { trustedColumns } from './trusted-columns.tsx';

type Key = AnswerOf<typeof listRecorderKeys>['items'][number];
type Identity = AnswerOf<typeof listRecorderIdentities>['items'][number];
type Asked = 'key' | 'identity' | { readonly key: Key } | { readonly identity: Identity } | null;

/** Keys and identities of others whose attestations of recorded builds count. */
export function Recorders(): ReactNode {
  const keys = useAnswer<typeof listRecorderKeys>('/v1/recorder-keys', {}, { live: ['recorder-key'] });
  const identities = useAnswer<typeof listRecorderIdentities>('/v1/recorder-identities', {}, { live: ['recorder-identity'] });
  const [asked, setAsked] = useState<Asked>(null);
  const because = useMay()('admin.operate') ? null : 'it needs the role admin';
  const close = (): void => setAsked(null);
  return (
    <Panel
      title="Whose attestations count"
      flush
      actions={
        <>
          <Button because={because} onClick={() => setAsked('identity')}>
            Trust an identity
          </Button>
          <Button because={because} onClick={() => setAsked('key')}>
            Trust a key
          </Button>
        </>
      }
    >
      <p className="p-3 text-quiet">
        For builds that another CI made. An identity is what the short-lived certificate of a keyless signature says: which workflow of
        which repository signed.
      </p>
      <Loaded of={identities}>
        {({ items }) => (
          <Table
            caption="Identities"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No identity is trusted yet."
                command="ym recorder-identity add build --subject URL@refs/heads/main --service shop"
              />
            }
            columns={[
              { key: 'name', label: 'Identity', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
              {
                key: 'subject',
                label: 'Certified as',
                wide: true,
                cell: (one) => (
                  <span>
                    <bdi className="break-all">{one.subject}</bdi>
                    <span className="block text-sm text-quiet">
                      by <bdi className="break-all">{one.issuer}</bdi>, in{' '}
                      {one.repository === null ? 'the service’s own repository' : <bdi className="break-all">{one.repository}</bdi>}
                    </span>
                  </span>
                ),
              },
              ...ends<Identity>((one) => setAsked({ identity: one }), because),
            ]}
          />
        )}
      </Loaded>
      <Loaded of={keys}>
        {({ items }) => (
          <Table
            caption="Keys"
            rows={items}
            rowKey={(one) => one.id}
            empty={<Empty title="No key is trusted yet." command="ym recorder-key add jenkins key.pub --service shop" />}
            columns={[
              { key: 'name', label: 'Key', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
              { key: 'id', label: 'Its id', cell: (one) => <Digest of={one.keyId} /> },
              ...ends<Key>((one) => setAsked({ key: one }), because),
            ]}
          />
        )}
      </Loaded>
      {asked === 'key' ? <AddKey onClose={close} /> : null}
      {asked === 'identity' ? <AddIdentity onClose={close} /> : null}
      {asked !== null && typeof asked === 'object' ? <Revoke of={asked} onClose={close} /> : null}
    </Panel>
  );
}

/** The columns that both tables end with. */
function ends<Row extends Key | Identity>(onRevoke: (one: Row) => void, because: string | null) {
  return [
    { key: 'services', label: 'Services', cell: (one: Row) => one.services?.join(', ') ?? 'all' },
    ...trustedColumns(onRevoke, because),
  ];
}

const namesIn = (text: string): string[] => text.split(/[\s,]+/).filter((one) => one !== '');
const servicesOf = (text: string): { services?: string[] } => (namesIn(text).length === 0 ? {} : { services: namesIn(text) });

function AddKey({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [publicKey, setPublicKey] = useState('');
  const [services, setServices] = useState('');
  const add = useAct<typeof addRecorderKey>('POST', '/v1/recorder-keys');
  return (
    <Ask
      title="Trust a key"
      says="What it signs about recorded builds counts for the services named; without any, for all."
      does="Trust it"
      reason="none"
      ready={name !== '' && publicKey !== ''}
      busy={add.busy}
      problem={add.problem}
      onDo={() => void add.act({ body: { name, publicKey, ...servicesOf(services) } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Field label="Name" maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Area
        label="Public key"
        hint="SPKI in PEM: Ed25519, or ECDSA P-256."
        rows={4}
        maxLength={4000}
        value={publicKey}
        onChange={(event) => setPublicKey(event.target.value)}
      />
      <Services value={services} onChange={setServices} />
    </Ask>
  );
}

function AddIdentity({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const issuers = useAnswer<typeof listWorkloads>('/v1/workloads', {}, { live: ['workload'] }).data?.issuers ?? [];
  const [known, setKnown] = useState<string | null>(null);
  const [other, setOther] = useState('');
  const chosen = known ?? issuers[0]?.url ?? '';
  const issuer = chosen === '' ? other : chosen;
  const [subject, setSubject] = useState('');
  const [repository, setRepository] = useState('');
  const [services, setServices] = useState('');
  const add = useAct<typeof addRecorderIdentity>('POST', '/v1/recorder-identities');
  const where = repository === '' ? {} : { repository };
  return (
    <Ask
      title="Trust an identity"
      says="What certificates of this identity sign about recorded builds counts for the services named; without any, for all."
      does="Trust it"
      reason="none"
      ready={name !== '' && issuer !== '' && subject !== ''}
      busy={add.busy}
      problem={add.problem}
      onDo={() =>
        void add.act({ body: { name, issuer, subject, ...where, ...servicesOf(services) } }).then((answer) => answer !== null && onClose())
      }
      onClose={onClose}
    >
      <Field label="Name" maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Select
        label="Issuer"
        value={chosen}
        onChange={setKnown}
        options={[...issuers.map(({ url, title }) => [url, title] as const), ['', 'another issuer'] as const]}
      />
      {chosen === '' ? (
        <Field label="Its address" type="url" maxLength={2000} value={other} onChange={(event) => setOther(event.target.value)} />
      ) : null}
      <Field
        label="Subject"
        hint="As the certificate has it: the address of the workflow, then @ and its ref. One * may end it: @* is any ref."
        maxLength={1000}
        value={subject}
        onChange={(event) => setSubject(event.target.value)}
      />
      <Field
        label="Repository in the certificate"
        hint="Empty: the service’s own. Another one only for a central build."
        type="url"
        maxLength={2000}
        value={repository}
        onChange={(event) => setRepository(event.target.value)}
      />
      <Services value={services} onChange={setServices} />
    </Ask>
  );
}

function Services({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  return (
    <Field
      label="Services"
      hint="Separated by spaces; empty: all."
      maxLength={1000}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function Revoke({
  of,
  onClose,
}: {
  readonly of: { readonly key: Key } | { readonly identity: Identity };
  readonly onClose: () => void;
}): ReactNode {
  const key = useAct<typeof revokeRecorderKey>('DELETE', '/v1/recorder-keys/{key}');
  const identity = useAct<typeof revokeRecorderIdentity>('DELETE', '/v1/recorder-identities/{identity}');
  const { name } = 'key' in of ? of.key : of.identity;
  const act = (): Promise<unknown> =>
    'key' in of ? key.act({ params: { key: of.key.id } }) : identity.act({ params: { identity: of.identity.id } });
  return (
    <Ask
      title={`Trust ${name} no more`}
      says="What it signed proves nothing from now on. What runs goes on running; the next decision asks for another proof."
      does="Revoke it"
      danger
      reason="none"
      busy={key.busy || identity.busy}
      problem={key.problem ?? identity.problem}
      onDo={() => void act().then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
