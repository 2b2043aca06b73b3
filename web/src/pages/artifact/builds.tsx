import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { getArtifact } from '../../../../src/contract/artifacts.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Digest, Empty, Panel, Table, Tag, When } from '../../kit/index.ts';

type Artifact = AnswerOf<typeof getArtifact>;

/** The runs that made these bytes. */
export function Builds({ of }: { readonly of: Artifact }): ReactNode {
  return (
    <Panel title="Who built it" flush>
      <Table
        caption="Builds"
        rows={of.builds}
        rowKey={(build) => build.id}
        empty={<Empty title="No build that you may see." />}
        columns={[
          {
            key: 'service',
            label: 'Service',
            cell: (build) => (
              <Link to="/services/$service" params={{ service: build.service } as never}>
                {build.service}
              </Link>
            ),
          },
          {
            key: 'run',
            label: 'Built by the run of',
            cell: (build) => (
              <Link to="/runs/$run" params={{ run: build.run } as never}>
                <When at={build.createdAt} />
              </Link>
            ),
          },
          { key: 'commit', label: 'Commit', cell: (build) => (build.commit === null ? '–' : <Digest of={build.commit} />) },
          { key: 'trust', label: 'Trust', cell: (build) => build.trust },
          { key: 'state', label: 'State', cell: (build) => <Signed of={build} /> },
        ]}
      />
    </Panel>
  );
}

function Signed({ of: { state, lastError } }: { readonly of: Artifact['builds'][number] }): ReactNode {
  if (state === 'signed')
    return (
      <Tag tone="allow" icon="done">
        signed
      </Tag>
    );
  return (
    <>
      <Tag tone="wait" icon="wait">
        not signed yet
      </Tag>
      {lastError === null ? null : <p className="text-sm text-quiet">{lastError}</p>}
    </>
  );
}

/** What was signed here about these bytes. */
export function Attested({ of }: { readonly of: Artifact }): ReactNode {
  return (
    <Panel title="What is attested of it" flush>
      <Table
        caption="Attestations"
        rows={of.attestations}
        rowKey={(one) => one.id}
        empty={<Empty title="Nothing yet: it is signed as soon as its run has ended well." />}
        columns={[
          {
            key: 'kind',
            label: 'Kind',
            cell: (one) => ({ sbom: 'SBOM', provenance: 'provenance', recorded: 'recorded, as told' })[one.kind],
          },
          { key: 'type', label: 'Statement', breaks: true, cell: (one) => <code className="text-sm">{one.predicateType}</code> },
          {
            key: 'key',
            label: 'Signed by key',
            cell: (one) => (
              <code className="text-sm" title={one.keyId}>
                {one.keyId.slice(0, 12)}
              </code>
            ),
          },
          { key: 'whole', label: 'Whole', cell: (one) => <Whole incomplete={one.incomplete} /> },
        ]}
      />
    </Panel>
  );
}

/** What a document can't know stands in plain sight: on a phone there is nothing to hover over. */
function Whole({ incomplete }: { readonly incomplete: readonly string[] }): ReactNode {
  if (incomplete.length === 0)
    return (
      <Tag tone="allow" icon="done">
        yes
      </Tag>
    );
  return (
    <>
      <Tag tone="wait" icon="wait">
        it can’t know {incomplete.length === 1 ? 'one thing' : `${incomplete.length} things`}
      </Tag>
      <p className="text-sm text-quiet">{incomplete.join('; ')}</p>
    </>
  );
}
