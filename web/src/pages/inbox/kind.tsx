import type { ReactNode } from 'react';
import type { inbox } from '../../../../src/contract/inbox.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Tag, type IconName, type Tone } from '../../kit/index.ts';

export type Item = AnswerOf<typeof inbox>['items'][number];

const KINDS: Readonly<Record<Item['kind'], readonly [IconName, string, Tone]>> = {
  'break-glass': ['incident', 'break glass', 'deny'],
  deployment: ['deny', 'went wrong', 'deny'],
  approval: ['allow', 'approval', 'accent'],
  checklist: ['done', 'checklist', 'accent'],
  verification: ['search', 'look at it', 'accent'],
  waiver: ['debts', 'waiver', 'wait'],
  review: ['debts', 'review', 'wait'],
  parked: ['stop', 'parked', 'unknown'],
  expiring: ['wait', 'ends soon', 'plain'],
};

export function Kind({ of }: { readonly of: Item['kind'] }): ReactNode {
  const [icon, word, tone] = KINDS[of];
  return (
    <Tag tone={tone} icon={icon}>
      {word}
    </Tag>
  );
}
