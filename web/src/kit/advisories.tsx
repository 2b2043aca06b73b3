import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AdvisoryFinding, listAdvisoryFindings } from '../../../src/contract/advisories.ts';
import type { AnswerOf } from '../../../src/contract/route.ts';
import { useAnswer } from '../api/query.ts';
import { Tag } from './marks.tsx';
import { Empty, Loaded, Panel } from './page.tsx';
import { Table, type Column } from './table.tsx';
import { Digest, When } from './text.tsx';

type Answer = AnswerOf<typeof listAdvisoryFindings>;
const LIVE = { live: ['advisory', 'advisories', 'artifact', 'deployment', 'environment'] } as const;
const TONES = { critical: 'deny', high: 'deny', medium: 'wait', low: undefined, unknown: 'unknown' } as const;

/** What advisories say of the artifacts of a release. */
export function ReleaseAdvisories({ service, digests }: { readonly service: string; readonly digests: readonly string[] }): ReactNode {
  const found = useAnswer<typeof listAdvisoryFindings>('/v1/advisories/findings', { query: { service } }, LIVE);
  const mine = (answer: Answer): AdvisoryFinding[] => answer.items.filter((one) => digests.includes(one.digest));
  return (
    <Panel title="Vulnerabilities known of it" flush>
      <Loaded of={found} lines={3}>
        {(answer) => (
          <Findings of={mine(answer)} more={answer.more} columns={[...COLUMNS, ARTIFACT]} caption="What advisories say of this release" />
        )}
      </Loaded>
    </Panel>
  );
}

/** What advisories say of one artifact. */
export function ArtifactAdvisories({ digest }: { readonly digest: string }): ReactNode {
  const found = useAnswer<typeof listAdvisoryFindings>('/v1/advisories/findings', { query: { digest } }, LIVE);
  return (
    <Panel title="Vulnerabilities known of it" flush>
      <Loaded of={found} lines={2}>
        {({ items, more }) => <Findings of={items} more={more} columns={COLUMNS} caption="What advisories say of this artifact" />}
      </Loaded>
    </Panel>
  );
}

/** What runs in an environment and is vulnerable, worst first. */
export function EnvironmentAdvisories({ environment }: { readonly environment: string }): ReactNode {
  const found = useAnswer<typeof listAdvisoryFindings>('/v1/advisories/findings', { query: { running: 'true' } }, LIVE);
  const here = (answer: Answer): AdvisoryFinding[] =>
    answer.items.filter((one) => one.places.some((place) => place.environment === environment));
  const where: Column<AdvisoryFinding> = {
    key: 'where',
    label: 'runs as',
    cell: (one) => (
      <ul>
        {one.places
          .filter((place) => place.environment === environment)
          .map((place) => (
            <li key={`${place.service} ${place.release}`}>
              <Link to={`/releases/${place.release}`}>
                <bdi>{place.service}</bdi> {place.version}
              </Link>
            </li>
          ))}
      </ul>
    ),
  };
  return (
    <Panel flush>
      <Loaded of={found} lines={4}>
        {(answer) => (
          <Findings
            of={here(answer)}
            more={answer.more}
            columns={[where, ...COLUMNS, ARTIFACT]}
            caption={`What runs in ${environment} and is vulnerable`}
          />
        )}
      </Loaded>
    </Panel>
  );
}

function Findings({
  of,
  more,
  columns,
  caption,
}: {
  readonly of: readonly AdvisoryFinding[];
  readonly more: boolean;
  readonly columns: readonly Column<AdvisoryFinding>[];
  readonly caption: string;
}): ReactNode {
  return (
    <>
      <Table
        caption={caption}
        rows={of}
        rowKey={(one) => `${one.advisory} ${one.digest} ${one.purl}`}
        empty={
          <Empty title="No advisory that was imported speaks of it" command="ym advisories import osv/">
            Only what an SBOM names is compared, and only with advisories that were imported:
          </Empty>
        }
        columns={columns}
      />
      {more ? <p className="p-3 text-sm text-quiet">There are more than a thousand; these are of the worst of them.</p> : null}
    </>
  );
}

/** That it is known to be exploited, and until when the catalogue asks for a repair. */
function Exploited({ of }: { readonly of: NonNullable<AdvisoryFinding['exploited']> }): ReactNode {
  return (
    <div className="space-y-0.5">
      <Tag tone="deny" icon="incident">
        {of.ransomware ? 'exploited for ransom' : 'exploited'}
      </Tag>
      {of.due === null ? null : (
        <p className="text-sm">
          repair by <time className="whitespace-nowrap">{of.due}</time>
        </p>
      )}
    </div>
  );
}

const COLUMNS: readonly Column<AdvisoryFinding>[] = [
  {
    key: 'severity',
    label: 'severity',
    cell: ({ severity, verdict, exploited }) => {
      const tone = TONES[severity];
      return (
        <div className="flex flex-wrap items-start gap-1 sm:w-36">
          <Tag {...(tone === undefined ? {} : { tone })}>{severity === 'unknown' ? 'not rated' : severity}</Tag>
          {exploited === null ? null : <Exploited of={exploited} />}
          {verdict === 'unknown' ? <p className="text-sm text-quiet">its versions can’t be compared</p> : null}
        </div>
      );
    },
  },
  {
    key: 'advisory',
    label: 'advisory',
    cell: (one) => (
      <div className="min-w-0 wrap-break-word sm:min-w-48">
        <bdi>{one.advisory}</bdi>
        <p className="text-sm text-quiet">
          <bdi>{one.summary}</bdi>
        </p>
      </div>
    ),
  },
  { key: 'package', label: 'package', breaks: true, cell: (one) => <code className="text-sm">{one.purl}</code> },
  { key: 'fixed', label: 'repaired in', cell: (one) => (one.fixed.length === 0 ? 'not known' : <bdi>{one.fixed.join(', ')}</bdi>) },
  { key: 'found', label: 'known here since', wide: true, cell: (one) => <When at={one.foundAt} /> },
];

/** Beside them, where it is not plain which artifact is meant. */
const ARTIFACT: Column<AdvisoryFinding> = {
  key: 'digest',
  label: 'artifact',
  wide: true,
  cell: (one) => <Digest of={one.digest} to={`/artifacts/${one.digest}`} />,
};
