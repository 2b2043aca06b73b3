import { useState, type ReactNode } from 'react';
import type { addSigstoreRoot, listSigstoreRoots, revokeSigstoreRoot } from '../../../../src/contract/record.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Area, Ask, Button, Empty, Field, Loaded, Panel, Table } from '../../kit/index.ts';
import { trustedColumns } from './trusted-columns.tsx';

type Root = AnswerOf<typeof listSigstoreRoots>['items'][number];

/** Sigstore instances whose certificates are believed. Nothing is fetched. */
export function SigstoreRoots(): ReactNode {
  const roots = useAnswer<typeof listSigstoreRoots>('/v1/sigstore-roots', {}, { live: ['sigstore-root'] });
  const [asked, setAsked] = useState<Root | 'add' | null>(null);
  const because = useMay()('admin.operate') ? null : 'it needs the role admin';
  return (
    <Panel
      title="Sigstore instances"
      flush
      actions={
        <Button because={because} onClick={() => setAsked('add')}>
          Trust an instance
        </Button>
      }
    >
      <Loaded of={roots}>
        {({ items }) => (
          <Table
            caption="Sigstore instances"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No instance is trusted yet: no certificate counts."
                command="ym sigstore-root add public-good trusted_root.json"
              />
            }
            columns={[
              { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
              {
                key: 'authorities',
                label: 'Authorities',
                wide: true,
                cell: (one) => <bdi className="break-all">{one.authorities.join(', ')}</bdi>,
              },
              { key: 'logs', label: 'Logs', wide: true, cell: (one) => <bdi className="break-all">{one.logs.join(', ')}</bdi> },
              ...trustedColumns<Root>(setAsked, because),
            ]}
          />
        )}
      </Loaded>
      {asked === 'add' ? <Add onClose={() => setAsked(null)} /> : null}
      {asked !== null && asked !== 'add' ? <Revoke of={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function Add({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [document, setDocument] = useState('');
  const add = useAct<typeof addSigstoreRoot>('POST', '/v1/sigstore-roots');
  return (
    <Ask
      title="Trust a Sigstore instance"
      says="Certificates of its authorities count, where its log or time stamp authority proves when they were used. Nothing is fetched, now or later."
      does="Trust it"
      reason="none"
      ready={name !== '' && document !== ''}
      busy={add.busy}
      problem={add.problem}
      onDo={() => void add.act({ body: { name, document } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Field label="Name" maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Area
        label="trusted_root.json"
        hint="gh attestation trusted-root or cosign trusted-root writes it; one document."
        rows={6}
        maxLength={500_000}
        value={document}
        onChange={(event) => setDocument(event.target.value)}
      />
    </Ask>
  );
}

function Revoke({ of, onClose }: { readonly of: Root; readonly onClose: () => void }): ReactNode {
  const revoke = useAct<typeof revokeSigstoreRoot>('DELETE', '/v1/sigstore-roots/{root}');
  return (
    <Ask
      title={`Trust ${of.name} no more`}
      says="No certificate is judged by it from now on, also those that counted before."
      does="Revoke it"
      danger
      reason="none"
      busy={revoke.busy}
      problem={revoke.problem}
      onDo={() => void revoke.act({ params: { root: of.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
