import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { PromotionView } from '../../../src/contract/promotions.ts';
import { Tag } from './marks.tsx';
import { Table } from './table.tsx';
import { When } from './text.tsx';

const STATES = {
  asked: { tone: 'wait', icon: 'wait' },
  promoted: { tone: 'allow', icon: 'done' },
  refused: { tone: 'deny', icon: 'deny' },
  failed: { tone: 'deny', icon: 'incident' },
} as const;

/** Promotions of an artifact or of a release: where each went, under which name, or why not. */
export function PromotionTable({ items, empty }: { readonly items: readonly PromotionView[]; readonly empty: ReactNode }): ReactNode {
  return <Table caption="Promotions" rows={items} rowKey={(one) => one.id} empty={empty} columns={columns} />;
}

const columns = [
  {
    key: 'state',
    label: 'State',
    cell: (one: PromotionView) => (
      <Tag tone={STATES[one.state].tone} icon={STATES[one.state].icon}>
        {one.state}
      </Tag>
    ),
  },
  {
    key: 'to',
    label: 'To',
    cell: (one: PromotionView) => `${one.destination}${one.environment === null ? '' : ` for ${one.environment}`}`,
  },
  {
    key: 'as',
    label: 'As',
    cell: (one: PromotionView) =>
      one.release === null ? (
        (one.tag ?? '–')
      ) : (
        <Link to="/releases/$release" params={{ release: one.release.id } as never}>
          {one.tag ?? one.release.version}
        </Link>
      ),
  },
  { key: 'when', label: 'When', cell: (one: PromotionView) => <When at={one.promotedAt ?? one.askedAt} /> },
  {
    key: 'where',
    label: 'Where it lies, or why not',
    breaks: true,
    cell: (one: PromotionView) =>
      one.reasons.length > 0 ? (
        <ul className="space-y-1">
          {one.reasons.map((reason) => (
            <li key={reason.code + reason.text}>
              <bdi>{reason.text}</bdi>
            </li>
          ))}
        </ul>
      ) : one.location === null ? (
        <span className="text-quiet">it is being copied</span>
      ) : (
        <code className="text-sm">{one.location}</code>
      ),
  },
];
