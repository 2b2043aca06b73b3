import type { ReactNode } from 'react';
import type { getImage, getImageSbom, ImageView, makeImageSbom } from '../../../../src/contract/images.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Button, Bytes, Digest, Facts, Loaded, Panel, Problem, Select, Table, Tag, useUrl, When } from '../../kit/index.ts';

type Platform = ImageView['platforms'][number];

/** What an image in a registry is, read there now: how it starts and what it is made of, platform by platform. */
export function Image({ digest, sbom }: { readonly digest: string; readonly sbom: boolean }): ReactNode {
  const image = useAnswer<typeof getImage>('/v1/artifacts/{digest}/image', { params: { digest } });
  return (
    <Panel title="Image" flush actions={sbom ? null : <MakeSbom digest={digest} />}>
      <SbomState digest={digest} />
      <Loaded of={image} lines={5}>
        {({ platforms, others, reference }) => <Platforms of={platforms} others={others} reference={reference} />}
      </Loaded>
    </Panel>
  );
}

function Platforms({
  of,
  others,
  reference,
}: {
  readonly of: readonly Platform[];
  readonly others: number;
  readonly reference: string;
}): ReactNode {
  const [name, choose] = useUrl('platform');
  const one = of.find(({ platform }) => platform === name) ?? of[0];
  if (one === undefined) return <p className="p-3 text-quiet">Its index names no image of any platform.</p>;
  return (
    <div className="space-y-3">
      <div className="space-y-3 p-3 pb-0">
        {of.length === 1 ? null : (
          <Select
            label="Platform"
            value={one.platform}
            onChange={choose}
            options={of.map(({ platform }) => [platform, platform] as const)}
          />
        )}
        <Facts of={factsOf(one, reference)} />
        {others === 0 ? null : (
          <p className="text-sm text-quiet">
            {others} further {others === 1 ? 'manifest' : 'manifests'} of its index {others === 1 ? 'is' : 'are'} of no platform, or beyond
            the first 20.
          </p>
        )}
      </div>
      <Table
        caption="Layers"
        rows={one.layers.map((layer, at) => ({ ...layer, at: at + 1 }))}
        rowKey={(layer) => `${layer.at}`}
        empty={<p className="p-3 text-quiet">It has no layers.</p>}
        columns={[
          { key: 'at', label: 'Layer', cell: (layer) => layer.at },
          {
            key: 'by',
            label: 'Made by',
            breaks: true,
            cell: (layer) =>
              layer.by === null ? <span className="text-quiet">it does not say</span> : <bdi className="font-mono text-sm">{layer.by}</bdi>,
          },
          { key: 'size', label: 'Size', right: true, sort: (layer) => layer.size, cell: (layer) => <Bytes of={layer.size} /> },
          { key: 'digest', label: 'Digest', wide: true, cell: (layer) => <Digest of={layer.digest} /> },
        ]}
      />
    </div>
  );
}

function factsOf(one: Platform, reference: string): (readonly [string, ReactNode])[] {
  const size = one.layers.reduce((sum, layer) => sum + layer.size, 0);
  const words = (list: readonly string[]): ReactNode => <bdi className="break-all">{list.join(', ')}</bdi>;
  return [
    [
      'Lies at',
      <code key="r" className="text-sm break-all">
        {reference}
      </code>,
    ],
    ['Platform', one.platform],
    ...(one.created === null ? [] : [['Made', <When key="m" at={one.created} />] as const]),
    ['Packed', <Bytes key="s" of={size} />],
    [
      'Starts',
      one.command.length === 0 ? (
        'nothing by itself'
      ) : (
        <code key="c" className="text-sm break-all">
          {one.command.join(' ')}
        </code>
      ),
    ],
    ['As', one.user ?? 'root: it names no user'],
    ...(one.ports.length === 0 ? [] : [['Ports', one.ports.join(', ')] as const]),
    ...(one.variables.length === 0 ? [] : [['Variables', words(one.variables)] as const]),
    ...(one.labels.length === 0 ? [] : [['Labels', words(one.labels.map(({ name, value }) => `${name}=${value}`))] as const]),
  ];
}

const SBOM = '/v1/artifacts/{digest}/image/sbom' as const;

function MakeSbom({ digest }: { readonly digest: string }): ReactNode {
  const make = useAct<typeof makeImageSbom>('POST', SBOM);
  const state = useAnswer<typeof getImageSbom>(SBOM, { params: { digest } }, { live: ['artifact'] }).data?.sbom?.state;
  const because = !useMay()('artifact.promote')
    ? 'you hold no role that may promote artifacts'
    : state === 'reading'
      ? 'it is being read'
      : null;
  return (
    <>
      {make.problem === null ? null : <Problem of={make.problem} />}
      <Button busy={make.busy} because={because} onClick={() => void make.act({ params: { digest } })}>
        Make its SBOM
      </Button>
    </>
  );
}

/** Whether its SBOM is being made, and why that came to nothing. */
function SbomState({ digest }: { readonly digest: string }): ReactNode {
  const sbom = useAnswer<typeof getImageSbom>(SBOM, { params: { digest } }, { live: ['artifact'] }).data?.sbom ?? null;
  if (sbom === null) return null;
  return (
    <p className="flex flex-wrap items-center gap-2 p-3 pb-0" role="status">
      {sbom.state === 'reading' ? (
        <Tag icon="wait">its layers are being read</Tag>
      ) : sbom.state === 'failed' ? (
        <>
          <Tag tone="deny" icon="deny">
            no SBOM was made
          </Tag>
          <bdi>{sbom.why}</bdi>
        </>
      ) : (
        <Tag tone="allow" icon="done">
          its SBOM was made here: {sbom.packages} packages
        </Tag>
      )}
    </p>
  );
}
