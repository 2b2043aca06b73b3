import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Ago, Panel, Person, State, Table } from '../../kit/index.ts';
import type { Overview } from './types.ts';

const service = (name: string): ReactNode => (
  <Link to="/services/$service" params={{ service: name } as never}>
    {name}
  </Link>
);
const release = (id: string, version: string): ReactNode => (
  <Link to="/releases/$release" params={{ release: id } as never}>
    {version}
  </Link>
);

/** What was said and what ran last, newest first. */
export function Happened({ of, part }: { readonly of: Overview; readonly part: 'verifications' | 'history' }): ReactNode {
  return part === 'verifications' ? <Verifications of={of} /> : <History of={of} />;
}

function Verifications({ of }: { readonly of: Overview }): ReactNode {
  return (
    <Panel flush>
      <Table
        caption="What checks and persons said"
        rows={of.verifications}
        rowKey={(word) => word.id}
        empty={<p className="p-3 text-quiet">No check has said anything here yet.</p>}
        columns={[
          { key: 'service', label: 'Service', cell: (word) => service(word.service) },
          { key: 'version', label: 'Version', cell: (word) => release(word.release, word.version) },
          { key: 'check', label: 'Check', cell: (word) => word.check },
          {
            key: 'verdict',
            label: 'Verdict',
            cell: (word) => (
              <span title={word.revoked?.reason}>
                <State of={word.revoked === null ? word.verdict : 'revoked'} />
                {word.revoked === null ? null : (
                  <span className="block text-sm text-quiet">
                    <Ago at={word.revoked.at} />: <bdi>{word.revoked.reason}</bdi>
                  </span>
                )}
              </span>
            ),
          },
          { key: 'by', label: 'By', cell: (word) => <Person {...word.by} /> },
          { key: 'note', label: 'Note', wide: true, cell: (word) => <bdi>{word.note ?? ''}</bdi> },
          { key: 'at', label: 'When', right: true, cell: (word) => <Ago at={word.at} /> },
        ]}
      />
    </Panel>
  );
}

const CHANGES: Readonly<Record<string, string>> = { deployed: 'came', upgraded: 'came after another', rolledback: 'came back' };

function History({ of }: { readonly of: Overview }): ReactNode {
  return (
    <Panel flush>
      <Table
        caption="What ran here"
        rows={of.history}
        rowKey={(line) => `${line.deployment} ${line.since}`}
        empty={<p className="p-3 text-quiet">Nothing ever ran here.</p>}
        columns={[
          { key: 'service', label: 'Service', cell: (line) => service(line.service) },
          { key: 'version', label: 'Version', cell: (line) => release(line.release, line.version) },
          { key: 'change', label: 'What', cell: (line) => CHANGES[line.change] ?? line.change },
          { key: 'since', label: 'From', right: true, cell: (line) => <Ago at={line.since} /> },
          {
            key: 'until',
            label: 'Until',
            right: true,
            cell: (line) => (line.until === null ? <State of="running" /> : <Ago at={line.until} />),
          },
          {
            key: 'how',
            label: 'How it came',
            cell: (line) => (
              <Link to="/evidence" search={{ node: line.deployment } as never}>
                trace
              </Link>
            ),
          },
        ]}
      />
    </Panel>
  );
}
