import { Link, useParams } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { getArtifact, revokeArtifact } from '../../../../src/contract/artifacts.ts';
import type { artifactUse } from '../../../../src/contract/evidence-search.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { ArtifactAdvisories } from '../../kit/advisories.tsx';
import { Ask, Button, Bytes, Export, Facts, Loaded, Page, Panel, Table, Tag, When } from '../../kit/index.ts';
import { Packages } from '../../kit/packages.tsx';
import { Attested, Builds } from './builds.tsx';
import { Components } from './components.tsx';
import { HandedIn } from './handed-in.tsx';
import { Files } from './contents.tsx';
import { Promotions } from './promotions.tsx';
import { Image } from './image.tsx';
import { Mark } from './mark.tsx';
import { Rebuilds } from './rebuilds.tsx';

/** One artifact: what it is, what is attested of it, what is in it, where it runs. */
export default function ArtifactPage(): ReactNode {
  const { digest = '' } = useParams({ strict: false }) as { readonly digest?: string };
  const artifact = useAnswer<typeof getArtifact>('/v1/artifacts/{digest}', { params: { digest } }, { live: ['artifact'] });
  const [revoking, setRevoking] = useState(false);
  const may = useMay()('artifact.revoke');
  const one = artifact.data;
  const because =
    one?.revoked != null ? 'it is revoked already' : may ? null : 'it needs the role release-manager or admin over its services';
  return (
    <Page
      title={one?.name ?? 'Artifact'}
      crumbs={[{ label: 'Evidence', to: '/evidence' }]}
      mark={one === undefined ? undefined : <Mark of={one} />}
      actions={
        one === undefined ? undefined : (
          <>
            <Link to="/evidence" search={{ part: 'trace', node: digest } as never} className="flex min-h-8 items-center px-1">
              Trace
            </Link>
            {one.kept ? <Export href={`/v1/artifacts/${digest}/bytes`}>Download the bytes</Export> : null}
            <Button kind="danger" because={because} onClick={() => setRevoking(true)}>
              Revoke
            </Button>
          </>
        )
      }
    >
      <Loaded of={artifact}>
        {(answer) => (
          <div className="grid min-w-0 gap-4 2xl:grid-cols-2">
            <Panel title="What it is">
              <Facts
                of={[
                  [
                    'Digest',
                    <span key="d" className="font-mono text-sm">
                      {answer.digest}
                    </span>,
                  ],
                  ['Size', answer.kept ? <Bytes key="s" of={answer.size} /> : 'its bytes lie elsewhere'],
                  ['Known since', <When key="w" at={answer.createdAt} />],
                  ...(answer.revoked === null
                    ? []
                    : ([
                        [
                          'Revoked',
                          <span key="r">
                            <When at={answer.revoked.at} />: {answer.revoked.reason}
                          </span>,
                        ],
                      ] as const)),
                  ...(answer.damagedAt === null
                    ? []
                    : ([
                        [
                          'Damaged',
                          <span key="x" className="text-deny">
                            its stored bytes differ from the digest since <When at={answer.damagedAt} />; nothing deploys them
                          </span>,
                        ],
                      ] as const)),
                ]}
              />
            </Panel>
            <Where digest={digest} />
            <ArtifactAdvisories digest={digest} />
            <Packages digest={digest} />
            <Attested of={answer} />
            {answer.handedIn.length === 0 ? null : <HandedIn of={answer} />}
            <Builds of={answer} />
            <div className="min-w-0 2xl:col-span-2">
              <Rebuilds digest={digest} own={answer.builds.some((build) => build.recorded === null && build.commit !== null)} />
            </div>
            <div className="min-w-0 2xl:col-span-2">
              <Promoted digest={digest} />
            </div>
            {answer.kept || answer.reference === null ? null : (
              <div className="min-w-0 2xl:col-span-2">
                <Image digest={digest} sbom={answer.attestations.some(({ kind }) => kind === 'sbom')} />
              </div>
            )}
            <div className="min-w-0 2xl:col-span-2">
              <Files digest={digest} kept={answer.kept} reference={answer.reference} />
            </div>
            <div className="min-w-0 2xl:col-span-2">
              <Components digest={digest} sbom={answer.attestations.some(({ kind }) => kind === 'sbom')} />
            </div>
          </div>
        )}
      </Loaded>
      {revoking && one !== undefined ? <Revoke digest={digest} name={one.name} onClose={() => setRevoking(false)} /> : null}
    </Page>
  );
}

function Promoted({ digest }: { readonly digest: string }): ReactNode {
  const use = useAnswer<typeof artifactUse>('/v1/evidence/artifacts/{digest}', { params: { digest } }, { live: ['service', 'release'] });
  return <Promotions digest={digest} releases={use.data?.releases ?? []} />;
}

function Where({ digest }: { readonly digest: string }): ReactNode {
  const use = useAnswer<typeof artifactUse>('/v1/evidence/artifacts/{digest}', { params: { digest } }, { live: ['service', 'release'] });
  return (
    <Panel title="Where it runs" flush>
      <Loaded of={use} lines={3}>
        {({ places, releases }) => (
          <>
            <Table
              caption="Where it runs or ran"
              rows={places}
              rowKey={(place) => `${place.service} ${place.environment} ${place.since}`}
              empty={<p className="p-3 text-quiet">It runs nowhere, and never did.</p>}
              columns={[
                {
                  key: 'place',
                  label: 'Place',
                  cell: (place) => (
                    <>
                      <Link to="/services/$service" params={{ service: place.service } as never}>
                        {place.service}
                      </Link>{' '}
                      in{' '}
                      <Link to="/environments/$environment" params={{ environment: place.environment } as never}>
                        {place.environment}
                      </Link>
                    </>
                  ),
                },
                {
                  key: 'state',
                  label: 'State',
                  cell: (place) =>
                    place.until === null ? (
                      <Tag tone="allow" icon="run">
                        runs
                      </Tag>
                    ) : (
                      <Tag>
                        until <When at={place.until} />
                      </Tag>
                    ),
                },
                { key: 'since', label: 'Since', cell: (place) => <When at={place.since} /> },
                {
                  key: 'release',
                  label: 'As',
                  cell: (place) => (
                    <Link to="/releases/$release" params={{ release: place.release } as never}>
                      {place.version}
                    </Link>
                  ),
                },
              ]}
            />
            {releases.length === 0 ? null : (
              <p className="border-t border-line p-3">
                <span className="text-quiet">In releases: </span>
                {releases.slice(0, 20).map((release, index) => (
                  <span key={release.id}>
                    {index === 0 ? '' : ', '}
                    <Link to="/releases/$release" params={{ release: release.id } as never}>
                      {release.service} {release.version}
                    </Link>
                  </span>
                ))}
              </p>
            )}
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Revoke({ digest, name, onClose }: { readonly digest: string; readonly name: string; readonly onClose: () => void }): ReactNode {
  const revoke = useAct<typeof revokeArtifact>('POST', '/v1/artifacts/{digest}/revoke');
  return (
    <Ask
      title={`Revoke ${name}`}
      says="It is taken out of use for ever: nothing deploys these bytes again, here or anywhere, and what is under way with them asks again and stops. What runs already keeps running until somebody replaces it. There is no way back; build again."
      does="Revoke it"
      danger
      busy={revoke.busy}
      problem={revoke.problem}
      onDo={(reason) => void revoke.act({ params: { digest }, body: { reason } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
