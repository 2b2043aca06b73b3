import type { ReactNode } from 'react';
import type { listPackages, PackageView } from '../../../src/contract/packages.ts';
import type { AnswerOf } from '../../../src/contract/route.ts';
import { useAnswer } from '../api/query.ts';
import { useFirst } from './first.tsx';
import { Tag } from './marks.tsx';
import { Empty, Loaded, Panel } from './page.tsx';
import { Table, type Column } from './table.tsx';

type Answer = AnswerOf<typeof listPackages>;
const LIVE = { live: ['artifact', 'packages', 'policy'] } as const;

/** Licences and care of what an artifact is made of: what is in trouble, or not known, by the policy of `service`. */
export function Packages({
  digest,
  service,
  title,
}: {
  readonly digest: string;
  readonly service?: string;
  readonly title?: string;
}): ReactNode {
  const found = useAnswer<typeof listPackages>(
    '/v1/artifacts/{digest}/packages',
    { params: { digest }, query: { service, limit: 200 } },
    LIVE,
  );
  return (
    <Panel title={title ?? 'Licences and care'} flush>
      <Loaded of={found} lines={3}>
        {(answer) => <Listed of={answer} />}
      </Loaded>
    </Panel>
  );
}

function Listed({ of }: { readonly of: Answer }): ReactNode {
  const { counts, policy, service, incomplete, items, total } = of;
  const rows = items.filter((one) => isTold(one, policy));
  const [shown, more] = useFirst(rows, 'packages');
  if (counts === null)
    return (
      <Empty title="What it is made of is not known" command="ym sbom make .">
        No SBOM of it was read, or one names too little. A policy that asks for licences answers “unknown”.
      </Empty>
    );
  if (counts.total === 0 && rows.length === 0)
    return (
      <p className="p-3 text-quiet">
        By its SBOM no package of others is shipped with it.
        {incomplete.length === 0 ? '' : ` The SBOM is not whole: ${incomplete.join('; ')}.`}
      </p>
    );
  return (
    <>
      <div className="space-y-1 p-3">
        <Counts of={counts} policy={policy} service={service} />
        {incomplete.length === 0 ? null : <p className="text-sm text-quiet">The SBOM is not whole: {incomplete.join('; ')}.</p>}
      </div>
      <Table
        caption="Packages that need a look"
        rows={shown}
        rowKey={(one) => `${one.purl ?? one.name} ${one.version ?? ''} ${one.scope}`}
        empty={<p className="p-3 text-quiet">No package is denied, given up, left alone or loose.</p>}
        columns={COLUMNS}
      />
      {more}
      {total > items.length ? (
        <p className="p-3 text-sm text-quiet">
          These are of the first {items.length.toLocaleString()} of {total.toLocaleString()} packages, trouble first.
        </p>
      ) : null}
    </>
  );
}

/** Each count as a word of its own; what is in trouble stands out, and what is well is not said. */
function Counts({
  of,
  policy,
  service,
}: {
  readonly of: NonNullable<Answer['counts']>;
  readonly policy: boolean;
  readonly service: string;
}): ReactNode {
  const told: readonly (readonly [count: number, words: string, tone: 'deny' | 'wait' | 'unknown' | 'plain'])[] = [
    [policy ? of.denied : 0, 'with a licence that is denied', 'deny'],
    [policy ? of.licenceUnknown : 0, 'with a licence that is not known', 'unknown'],
    [of.deprecated, 'deprecated', 'wait'],
    [of.unmaintained, 'not looked after', 'wait'],
    [of.unpinned, 'not pinned', 'wait'],
    [of.maintenanceUnknown, 'of which care is not known', 'plain'],
  ];
  return (
    <>
      <p className="flex flex-wrap items-center gap-1.5">
        <span>{of.total === 1 ? 'One package is shipped.' : `${of.total.toLocaleString()} packages are shipped.`}</span>
        {told
          .filter(([count]) => count > 0)
          .map(([count, words, tone]) => (
            <Tag key={words} tone={tone}>
              {count.toLocaleString()} {words}
            </Tag>
          ))}
      </p>
      {policy ? null : <p className="text-sm text-quiet">No policy of {service} says which licences are allowed.</p>}
    </>
  );
}

function isTold(one: PackageView, policy: boolean): boolean {
  return (
    one.verdict === 'denied' ||
    (policy && one.verdict === 'unknown') ||
    one.deprecated === 'yes' ||
    one.maintained === 'no' ||
    one.pinned === 'no'
  );
}

const COLUMNS: readonly Column<PackageView>[] = [
  {
    key: 'name',
    label: 'package',
    breaks: true,
    sort: (one) => one.name,
    cell: (one) => (
      <div className="min-w-0">
        <bdi>{one.name}</bdi> {one.version}
        {one.scope === 'excluded' ? <span className="text-sm text-quiet"> (not shipped)</span> : null}
      </div>
    ),
  },
  {
    key: 'licence',
    label: 'licence',
    cell: (one) => (
      <span className="inline-flex flex-wrap gap-1">
        {one.verdict === 'denied' ? <Tag tone="deny">denied</Tag> : one.verdict === 'unknown' ? <Tag tone="unknown">not known</Tag> : null}
        <bdi className="break-words">{one.licence ?? 'says none'}</bdi>
      </span>
    ),
  },
  {
    key: 'care',
    label: 'care',
    cell: (one) => (
      <div className="min-w-0 break-words">
        {one.deprecated === 'yes' ? (
          <Tag tone="wait">deprecated</Tag>
        ) : one.maintained === 'no' ? (
          <Tag tone="wait">not looked after</Tag>
        ) : null}{' '}
        <bdi className="text-sm text-quiet">{one.because}</bdi>
      </div>
    ),
  },
  {
    key: 'age',
    label: 'age',
    right: true,
    wide: true,
    cell: (one) => <span className="whitespace-nowrap">{one.ageDays === null ? 'not known' : `${one.ageDays.toLocaleString()} days`}</span>,
  },
  {
    key: 'pinned',
    label: 'pinned',
    wide: true,
    cell: (one) => (one.pinned === 'no' ? <Tag tone="wait">no</Tag> : <span className="whitespace-nowrap">by its {one.pinned}</span>),
  },
];
