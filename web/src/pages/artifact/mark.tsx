import type { ReactNode } from 'react';
import type { getArtifact } from '../../../../src/contract/artifacts.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Tag } from '../../kit/index.ts';

type Artifact = AnswerOf<typeof getArtifact>;

/** Whether anything forbids to use it, else whether what it needs is signed. */
export function Mark({ of }: { readonly of: Artifact }): ReactNode {
  if (of.revoked !== null)
    return (
      <Tag tone="deny" icon="deny">
        revoked
      </Tag>
    );
  if (of.damagedAt !== null)
    return (
      <Tag tone="deny" icon="incident">
        damaged
      </Tag>
    );
  return of.builds.some(({ state }) => state === 'signed') ? (
    <Tag tone="allow" icon="done">
      signed
    </Tag>
  ) : (
    <Tag tone="wait" icon="wait">
      not signed yet
    </Tag>
  );
}
