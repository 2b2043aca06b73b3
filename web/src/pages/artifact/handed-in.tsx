import type { ReactNode } from 'react';
import type { getArtifact } from '../../../../src/contract/artifacts.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Digest, Panel, Table, Tag, When } from '../../kit/index.ts';

type Artifact = AnswerOf<typeof getArtifact>;

/** What others signed about these bytes: by whom registered, from which workflow, or why it counts for nothing. */
export function HandedIn({ of }: { readonly of: Artifact }): ReactNode {
  return (
    <Panel title="What others signed about it" flush>
      <Table
        caption="Statements of others"
        rows={of.handedIn}
        rowKey={(one) => one.id}
        empty={null}
        columns={[
          { key: 'type', label: 'Statement', breaks: true, cell: (one) => <code className="text-sm">{one.predicateType}</code> },
          {
            key: 'by',
            label: 'Signed by',
            breaks: true,
            cell: (one) => <Signer of={one} />,
          },
          { key: 'since', label: 'Since', cell: (one) => <When at={one.createdAt} /> },
        ]}
      />
    </Panel>
  );
}

function Signer({ of: { key, identity, unsigned } }: { readonly of: Artifact['handedIn'][number] }): ReactNode {
  if (key !== null)
    return (
      <span>
        <Tag tone="allow" icon="done">
          key
        </Tag>{' '}
        <bdi>{key.name}</bdi>
      </span>
    );
  if (identity === null)
    return (
      <span>
        <Tag tone="wait" icon="wait">
          counts for nothing
        </Tag>{' '}
        <bdi className="text-sm text-quiet">{unsigned}</bdi>
      </span>
    );
  return (
    <span>
      <Tag tone="allow" icon="done">
        identity
      </Tag>{' '}
      <bdi>{identity.subject}</bdi>
      <span className="block text-sm text-quiet">
        {identity.repository === null ? null : (
          <>
            of <bdi>{identity.repository}</bdi>
            {identity.ref === null ? '' : ` at ${identity.ref}`}
            {identity.commit === null ? null : (
              <>
                , <Digest of={identity.commit} />
              </>
            )}
            ;{' '}
          </>
        )}
        as <bdi>{identity.issuer}</bdi> attests, registered as <bdi>{identity.name}</bdi>
      </span>
    </span>
  );
}
