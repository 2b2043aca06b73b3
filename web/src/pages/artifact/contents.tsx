import { useState, type ReactNode } from 'react';
import type { getArtifactFiles } from '../../../../src/contract/artifacts.ts';
import { useAnswer } from '../../api/query.ts';
import { Button, Bytes, Loaded, Panel, Table, UrlFilter, useUrl } from '../../kit/index.ts';

const MOST = 200;

/** The files of its archive, read when somebody asks: the whole artifact is opened for it. */
export function Files({
  digest,
  kept,
  reference,
}: {
  readonly digest: string;
  readonly kept: boolean;
  readonly reference: string | null;
}): ReactNode {
  const [asked, setAsked] = useState(false);
  const files = useAnswer<typeof getArtifactFiles>('/v1/artifacts/{digest}/files', { params: { digest } }, { enabled: asked && kept });
  const [text] = useUrl('file');
  if (!kept)
    return (
      <Panel title="Files">
        <p className="text-quiet">
          Its bytes are not here: it was recorded by its digest{reference === null ? '.' : ' and lies at '}
          {reference === null ? null : <code className="text-sm break-all">{reference}</code>}
        </p>
      </Panel>
    );
  return (
    <Panel title="Files" flush>
      {!asked ? (
        <p className="flex flex-wrap items-center gap-3 p-3">
          <Button onClick={() => setAsked(true)}>Show the files of the archive</Button>
          <span className="text-quiet">The whole artifact is opened for it.</span>
        </p>
      ) : (
        <Loaded of={files}>
          {({ items, why }) => {
            const rows = items.filter((one) => one.path.toLowerCase().includes(text.toLowerCase()));
            return (
              <>
                <div className="grid gap-2 p-3 sm:grid-cols-[18rem_1fr] sm:items-end">
                  <UrlFilter name="file" label="Name" />
                  <p className="text-quiet">
                    {rows.length.toLocaleString()} of {items.length.toLocaleString()} entries
                    {rows.length > MOST ? `; the first ${MOST} are shown` : ''}
                    {why === null ? '' : `; not all: ${why}`}
                  </p>
                </div>
                <Table
                  caption="Files"
                  rows={rows.slice(0, MOST)}
                  rowKey={(one) => `${one.kind} ${one.path}`}
                  empty={
                    <p className="p-3 text-quiet">{items.length === 0 ? 'No file could be read from it.' : 'No file is called that.'}</p>
                  }
                  columns={[
                    {
                      key: 'path',
                      label: 'Name',
                      sort: (one) => one.path,
                      cell: (one) => (
                        <bdi className="break-all">
                          {one.path}
                          {one.to === '' ? '' : ` → ${one.to}`}
                        </bdi>
                      ),
                    },
                    { key: 'kind', label: 'Kind', wide: true, cell: (one) => one.kind },
                    {
                      key: 'size',
                      label: 'Size',
                      right: true,
                      sort: (one) => one.size,
                      cell: (one) => (one.kind === 'file' ? <Bytes of={one.size} /> : ''),
                    },
                  ]}
                />
              </>
            );
          }}
        </Loaded>
      )}
    </Panel>
  );
}
