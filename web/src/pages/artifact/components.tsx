import type { ReactNode } from 'react';
import type { getArtifactSbom } from '../../../../src/contract/artifacts.ts';
import { useAnswer } from '../../api/query.ts';
import { Empty, Export, Loaded, Panel, Table, UrlFilter, useFirst, useUrl } from '../../kit/index.ts';

type Component = {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licences: string;
  readonly scope: string;
};
const MOST = 500;

/** What is in it, as its SBOM says. The document is read as data: nothing in it becomes a link or markup. */
export function Components({ digest, sbom }: { readonly digest: string; readonly sbom: boolean }): ReactNode {
  const document = useAnswer<typeof getArtifactSbom>('/v1/artifacts/{digest}/sbom', { params: { digest } }, { enabled: sbom });
  return (
    <Panel
      title="What is in it, by its SBOM"
      flush
      actions={sbom ? <Export href={`/v1/artifacts/${digest}/sbom`}>CycloneDX</Export> : undefined}
    >
      {sbom ? (
        <Loaded of={document}>{(answer) => <Listed of={componentsOf(answer as unknown)} />}</Loaded>
      ) : (
        <Empty title="It has no SBOM yet." command={`ym artifact show ${digest}`}>
          One is made from the lock files of its source when its run has ended well.
        </Empty>
      )}
    </Panel>
  );
}

function Listed({ of }: { readonly of: readonly Component[] }): ReactNode {
  const [text] = useUrl('component');
  const wanted = text.toLowerCase();
  const rows = of.filter((one) => wanted === '' || `${one.name} ${one.purl} ${one.licences}`.toLowerCase().includes(wanted));
  const [shown, more] = useFirst(rows.slice(0, MOST), 'components');
  return (
    <>
      <div className={`grid gap-2 p-3 sm:grid-cols-[18rem_1fr] sm:items-end ${of.length === 0 ? 'hidden' : ''}`}>
        <UrlFilter name="component" label="Component or licence" />
        <p className="text-quiet">
          {rows.length.toLocaleString()} of {of.length.toLocaleString()} components
          {rows.length > MOST ? `; the first ${MOST} can be shown` : ''}
        </p>
      </div>
      <Table
        caption="Components"
        rows={shown}
        rowKey={(one) => `${one.purl} ${one.name} ${one.version}`}
        empty={
          <p className="p-3 text-quiet">
            {of.length === 0 ? 'The SBOM names no component: nothing else is in it.' : 'No component is called that.'}
          </p>
        }
        columns={[
          { key: 'name', label: 'Component', breaks: true, sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
          { key: 'version', label: 'Version', cell: (one) => one.version },
          {
            key: 'licence',
            label: 'Licence',
            sort: (one) => one.licences,
            cell: (one) => one.licences || <span className="text-quiet">unknown</span>,
          },
          { key: 'scope', label: 'Scope', wide: true, cell: (one) => one.scope },
          { key: 'purl', label: 'Package URL', wide: true, breaks: true, cell: (one) => <code className="text-sm">{one.purl}</code> },
        ]}
      />
      {more}
    </>
  );
}

/** Components of a CycloneDX document, whatever it really holds: what has another form is left out. */
function componentsOf(document: unknown): Component[] {
  const list = isRecord(document) && Array.isArray(document['components']) ? document['components'] : [];
  return list.filter(isRecord).map((one) => ({
    name: [textOf(one['group']), textOf(one['name'])].filter((part) => part !== '').join('/'),
    version: textOf(one['version']),
    purl: textOf(one['purl']),
    scope: textOf(one['scope']),
    licences: (Array.isArray(one['licenses']) ? one['licenses'] : [])
      .filter(isRecord)
      .map(
        (licence) =>
          textOf(licence['expression']) ||
          (isRecord(licence['license']) ? textOf(licence['license']['id']) || textOf(licence['license']['name']) : ''),
      )
      .filter((part) => part !== '')
      .join(', '),
  }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 500) : '';
}
