import { useState, type ReactNode } from 'react';
import { Link } from '@tanstack/react-router';
import type { replayDecision } from '../../../../src/contract/releases.ts';
import { useAct } from '../../api/query.ts';
import { Button, Bytes, Command, Digest, Empty, Export, Panel, Table, Tag, Verdict, When } from '../../kit/index.ts';
import type { Release } from './types.ts';

/** What proves it: recorded decisions, each of which can be derived again, the artifacts with what is attested, and the bundle. */
export function Proof({ page }: { readonly page: Release }): ReactNode {
  const { release } = page;
  return (
    <>
      <Panel title="Recorded decisions" flush>
        <Table
          caption="Recorded decisions, newest first"
          rows={page.decisions}
          rowKey={(one) => one.id}
          empty={
            <Empty title="Nothing was decided about it yet">
              An answer is recorded when something acts on it, refusals too; looking at it is not.
            </Empty>
          }
          columns={[
            { key: 'verdict', label: 'Answer', cell: (one) => <Verdict of={one.verdict} /> },
            {
              key: 'environment',
              label: 'To',
              cell: (one) => (one.purpose === 'rollback' ? `back in ${one.environment}` : one.environment),
            },
            { key: 'at', label: 'At', cell: (one) => <When at={one.at} /> },
            {
              key: 'actor',
              label: 'Asked by',
              wide: true,
              cell: (one) => <bdi>{one.actor.person?.name ?? one.actor.label.split(':')[0]}</bdi>,
            },
            { key: 'open', label: 'Rules and inputs', cell: (one) => <Link to={`/decisions/${one.id}`}>open</Link> },
            { key: 'again', label: 'Again', right: true, cell: (one) => <Replay decision={one.id} /> },
          ]}
        />
      </Panel>
      <Panel
        title="Evidence"
        actions={
          <>
            <Link to={`/evidence?node=${release.id}`}>its graph</Link>
            <Export href={`/v1/releases/${release.id}/bundle`}>Download the bundle</Export>
          </>
        }
      >
        <ul className="divide-y divide-line">
          {page.artifacts.map((one) => (
            <li key={one.digest} className="flex flex-wrap items-center gap-x-3 gap-y-1 py-1.5 first:pt-0">
              <Link to={`/artifacts/${one.digest}`}>
                <bdi>{one.name}</bdi>
              </Link>
              <Digest of={one.digest} />
              <Bytes of={one.size} />
              {one.revoked ? <Tag tone="deny">revoked</Tag> : null}
              {one.attestations.includes('recorded') ? (
                <Tag title="Another CI built it and told it: what was told by whom is signed, and no provenance is claimed">
                  recorded, as told
                </Tag>
              ) : null}
              {(one.attestations.includes('recorded') ? (['sbom'] as const) : (['provenance', 'sbom'] as const)).map((kind) => (
                <Tag key={kind} tone={one.attestations.includes(kind) ? 'allow' : 'wait'}>
                  {one.attestations.includes(kind) ? `signed ${kind}` : `no ${kind} yet`}
                </Tag>
              ))}
            </li>
          ))}
        </ul>
        {page.reports.length === 0 ? null : (
          <p className="mt-2 flex flex-wrap items-center gap-1.5 text-sm">
            <Link to={`/runs/${release.run}`}>Reports</Link>
            {page.reports.map((one) => (
              <Tag key={one.id} tone={one.state === 'ok' ? 'allow' : 'wait'} title={one.state}>
                {one.kind}: {one.name}
              </Tag>
            ))}
          </p>
        )}
        <div className="mt-3 space-y-1 text-sm">
          <p className="text-quiet">Anybody can verify the bundle without this server, trusting only keys that they got elsewhere:</p>
          <Command
            text={`ym bundle ${release.service}@${release.version} --out release.bundle.json && ym verify release.bundle.json --trust trust.json`}
          />
        </div>
      </Panel>
    </>
  );
}

/** Derives a decision again from its stored inputs, and says whether it is the same. */
function Replay({ decision }: { readonly decision: string }): ReactNode {
  const replay = useAct<typeof replayDecision>('POST', '/v1/decisions/{decision}/replay');
  const [same, setSame] = useState<boolean | null>(null);
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap" aria-live="polite">
      {same === null ? null : <Tag tone={same ? 'allow' : 'deny'}>{same ? 'the same' : 'not the same'}</Tag>}
      {replay.problem === null ? null : <span className="text-deny">{replay.problem.title}</span>}
      <Button busy={replay.busy} onClick={() => void replay.act({ params: { decision } }).then((answer) => setSame(answer?.same ?? null))}>
        Replay
      </Button>
    </span>
  );
}
