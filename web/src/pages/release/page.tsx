import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { releasePage } from '../../../../src/contract/release-page.ts';
import { useAnswer } from '../../api/query.ts';
import { Digest, Loaded, Page, Person, Tag, useUrl, When } from '../../kit/index.ts';
import { Acts } from './acts.tsx';
import { Answer } from './answer.tsx';
import { Changes } from './changes.tsx';
import { Matrix } from './matrix.tsx';
import { Progressing } from './progress.tsx';
import { Promotions } from './promotions.tsx';
import { Proof } from './proof.tsx';
import { Road } from './road.tsx';
import { Side } from './side.tsx';
import { CameBy } from './merge-requests.tsx';
import { ReleaseAdvisories } from '../../kit/advisories.tsx';
import { Packages } from '../../kit/packages.tsx';
import { Tickets } from './tickets.tsx';
import { LIVE, placeToShow, type Release } from './types.ts';

/** Artifacts of a release whose packages are shown here; of more each artifact's own page says it. */
const PACKED = 3;

/** One release: may it go there, and if not, what is missing, who can give it, and when. */
export default function Screen(): ReactNode {
  const { release = '' } = useParams({ strict: false }) as { readonly release?: string };
  const page = useAnswer<typeof releasePage>('/v1/releases/{release}/page', { params: { release } }, { live: [...LIVE, release] });
  if (page.data === undefined)
    return (
      <Page title="Release" crumbs={[{ label: 'Releases', to: '/releases' }]}>
        <Loaded of={page} lines={14}>
          {() => null}
        </Loaded>
      </Page>
    );
  return <Loaded of={page}>{(answer) => <Shown page={answer} />}</Loaded>;
}

function Shown({ page }: { readonly page: Release }): ReactNode {
  const [asked, choose] = useUrl('environment');
  const { release } = page;
  const place = placeToShow(page, asked);
  return (
    <Page
      title={`${release.service} ${release.version}`}
      crumbs={[
        { label: 'Releases', to: '/releases' },
        { label: release.service, to: `/services/${release.service}` },
      ]}
      mark={
        <>
          {release.type === 'standard' ? null : <Tag tone="wait">{release.type}</Tag>}
          {release.held === null ? null : (
            <Tag tone="wait" title={release.held.reason}>
              held by {release.held.by.name}
            </Tag>
          )}
          {release.state === 'abandoned' ? <Tag tone="deny">given up</Tag> : null}
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-quiet">
            <span>tier {release.tier}</span>
            <span>
              team <bdi>{release.team}</bdi>
            </span>
            <span className="flex items-center gap-1">
              commit <Digest of={release.commit} />
            </span>
            <span>
              made <When at={release.createdAt} />
              {release.requester === null ? ' by a machine' : ' by '}
              {release.requester === null ? null : <Person id={release.requester.id} name={release.requester.name} />}
            </span>
          </span>
        </>
      }
    >
      <Road page={page} chosen={place?.environment ?? ''} onChoose={choose} />
      {place === undefined ? (
        <p className="text-quiet">This release is meant for no environment that the catalog knows.</p>
      ) : (
        <Answer place={place} release={release.id} acts={<Acts page={page} place={place} key={place.environment} />} />
      )}
      <div className="grid min-w-0 items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="min-w-0 space-y-4">
          {place === undefined ? null : <Progressing page={page} place={place} />}
          <Matrix page={page} chosen={place?.environment ?? ''} />
          <Changes page={page} />
          <CameBy release={release.id} />
          <Tickets release={release.id} />
          <ReleaseAdvisories service={release.service} digests={release.digests} />
          {release.digests.slice(0, PACKED).map((digest) => (
            <Packages
              key={digest}
              digest={digest}
              service={release.service}
              title={release.digests.length === 1 ? 'Licences and care' : `Licences and care of ${digest.slice(0, 19)}`}
            />
          ))}
          <Promotions release={page.release.id} />
          <Proof page={page} />
        </div>
        <Side page={page} place={place} />
      </div>
    </Page>
  );
}
