import { useState, type ReactNode } from 'react';
import type { listSigningKeys, revokeSigningKey, rotateSigningKey } from '../../../../src/contract/keys.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Digest, Empty, Field, Loaded, Panel, Table, Tag, When } from '../../kit/index.ts';
import { Recorders } from './recorders.tsx';
import { SigstoreRoots } from './sigstore-roots.tsx';

type Key = AnswerOf<typeof listSigningKeys>['items'][number];

/** Whose signatures count: our own keys over time, and those of others for builds that were recorded. */
export function Signers(): ReactNode {
  return (
    <div className="space-y-4">
      <OwnKeys />
      <Recorders />
      <SigstoreRoots />
    </div>
  );
}

function OwnKeys(): ReactNode {
  const keys = useAnswer<typeof listSigningKeys>('/v1/admin/keys/signing', {}, { live: ['signing-key'] });
  const [asked, setAsked] = useState<Key | 'rotate' | null>(null);
  const because = useMay()('admin.operate') ? null : 'it needs the role admin';
  return (
    <Panel
      title="Keys that sign evidence"
      flush
      actions={
        <Button because={because} onClick={() => setAsked('rotate')}>
          Rotate
        </Button>
      }
    >
      <p className="p-3 text-quiet">
        Attestations and bundles are signed with the newest. What older ones signed stays good, unless a key is revoked: then what the
        ledger dates after that instant counts for nothing.
      </p>
      <Loaded of={keys}>
        {({ items, kind, problem }) => (
          <>
            {problem === null ? null : <p className="border-t border-line p-3 text-deny">{problem}</p>}
            <Table
              caption="Keys that sign evidence"
              rows={items}
              rowKey={(one) => one.keyId}
              empty={<Empty title="Nothing was signed yet.">The first key is noted with the first signature.</Empty>}
              columns={[
                { key: 'key', label: 'Key', cell: (one) => <Digest of={one.keyId} /> },
                { key: 'name', label: kind === 'vault' ? 'In the key service' : 'File', cell: (one) => <bdi>{one.name}</bdi> },
                { key: 'state', label: 'State', cell: (one) => <State of={one} /> },
                { key: 'since', label: 'Since', sort: (one) => one.createdAt, cell: (one) => <When at={one.createdAt} /> },
                {
                  key: 'act',
                  label: 'Act',
                  right: true,
                  cell: (one) => (
                    <Button kind="quiet" because={because ?? why(one)} aria-label={`revoke ${one.name}`} onClick={() => setAsked(one)}>
                      Revoke
                    </Button>
                  ),
                },
              ]}
            />
          </>
        )}
      </Loaded>
      {asked === 'rotate' ? <Rotate onClose={() => setAsked(null)} /> : null}
      {asked !== null && asked !== 'rotate' ? <Revoke of={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

/** Why a key can't be revoked; null: it can. */
function why({ current, revokedFrom, name }: Key): string | null {
  if (current) return 'it signs now: rotate first';
  if (revokedFrom !== null) return 'it is revoked already';
  return name === 'instance' ? 'it is the instance’s own: the ledger’s checkpoints are signed with it' : null;
}

function State({ of: { current, revokedFrom, revokedReason } }: { readonly of: Key }): ReactNode {
  if (revokedFrom !== null)
    return (
      <span>
        <Tag tone="deny" icon="deny">
          revoked
        </Tag>{' '}
        <span className="text-sm text-quiet">
          from <When at={revokedFrom} />: <bdi>{revokedReason}</bdi>
        </span>
      </span>
    );
  return current ? (
    <Tag tone="allow" icon="done">
      signs
    </Tag>
  ) : (
    <Tag>good</Tag>
  );
}

function Rotate({ onClose }: { readonly onClose: () => void }): ReactNode {
  const rotate = useAct<typeof rotateSigningKey>('POST', '/v1/admin/keys/signing/rotate');
  return (
    <Ask
      title="Make a new key for evidence"
      says="It signs from now on, on every server. What older keys signed stays good. Whoever verifies offline wants a new trust file: ym trust."
      does="Make it"
      reason="none"
      busy={rotate.busy}
      problem={rotate.problem}
      onDo={() => void rotate.act({}).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}

function Revoke({ of, onClose }: { readonly of: Key; readonly onClose: () => void }): ReactNode {
  const [from, setFrom] = useState('');
  const revoke = useAct<typeof revokeSigningKey>('POST', '/v1/admin/keys/signing/{key}/revoke');
  const at = from === '' ? undefined : new Date(from);
  const isDate = at === undefined || !Number.isNaN(at.getTime());
  return (
    <Ask
      title={`Revoke ${of.name}`}
      says="What it signed from that instant on counts for nothing, in decisions and offline. What the ledger dates before stays good. There is no way back."
      does="Revoke it"
      danger
      ready={isDate}
      busy={revoke.busy}
      problem={revoke.problem}
      onDo={(reason) => {
        const body = at === undefined ? { reason } : { reason, from: at.toISOString() };
        void revoke.act({ params: { key: of.keyId }, body }).then((answer) => answer !== null && onClose());
      }}
      onClose={onClose}
    >
      <Field
        label="From when on"
        hint="Empty: from now on. Else the last moment at which it was surely in nobody else’s hands."
        type="datetime-local"
        value={from}
        onChange={(event) => setFrom(event.target.value)}
      />
    </Ask>
  );
}
