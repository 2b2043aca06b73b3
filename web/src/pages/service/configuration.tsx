import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { listSecrets } from '../../../../src/contract/pipelines.ts';
import { useAnswer } from '../../api/query.ts';
import { Ago, Empty, Loaded, Panel, Table, Tag } from '../../kit/index.ts';
import type { Overview } from './types.ts';

/** Values by environment, as the catalog says them; and which secrets there are, never what they are. */
export function Configuration({ of }: { readonly of: Overview }): ReactNode {
  const { configuration, name } = of.service;
  const environments = of.environments.map((one) => one.name);
  const keys = [...new Set(Object.values(configuration).flatMap((values) => Object.keys(values)))].sort();
  const value = (environment: string, key: string): string | null => {
    const values = Object.hasOwn(configuration, environment) ? configuration[environment] : undefined;
    return values !== undefined && Object.hasOwn(values, key) ? (values[key] ?? null) : null;
  };
  const [left, right] = environments.slice(-2);
  return (
    <div className="space-y-4">
      <Panel
        title="Values by environment"
        actions={
          left === undefined || right === undefined ? null : (
            <Link to="/environments" search={{ part: 'difference', left, right, service: name } as never}>
              compare two environments
            </Link>
          )
        }
        flush
      >
        <Table
          caption={`Configuration of ${name}`}
          rows={keys}
          rowKey={(key) => key}
          empty={
            <Empty title="It has no configuration.">Values stand under “configuration” in yardmaster.yaml, for each environment.</Empty>
          }
          columns={[
            { key: 'key', label: 'Key', cell: (key) => <code>{key}</code>, sort: (key) => key },
            ...environments.map((environment) => ({
              key: environment,
              label: environment,
              cell: (key: string) => {
                const found = value(environment, key);
                if (found === null) return <span className="text-quiet">not set</span>;
                return found === '' ? <span className="text-quiet">(empty)</span> : <code className="whitespace-pre-wrap">{found}</code>;
              },
            })),
          ]}
        />
      </Panel>
      <Secrets service={name} />
    </div>
  );
}

function Secrets({ service }: { readonly service: string }): ReactNode {
  const secrets = useAnswer<typeof listSecrets>('/v1/services/{service}/secrets', { params: { service } }, { live: ['secret'] });
  return (
    <Panel title="Secrets (names only)" flush>
      <Loaded of={secrets} lines={2}>
        {({ items }) => (
          <Table
            caption="Names of secrets"
            rows={items}
            rowKey={(secret) => secret.name}
            empty={<Empty title="It has no secrets." command={`npx ym secret set ${service} NAME`} />}
            columns={[
              { key: 'name', label: 'Name', cell: (secret) => <code>{secret.name}</code> },
              {
                key: 'for',
                label: 'For',
                cell: (secret) => (secret.protectedOnly ? <Tag>protected branch only</Tag> : <Tag tone="wait">every trusted run</Tag>),
              },
              { key: 'changed', label: 'Set', right: true, cell: (secret) => <Ago at={secret.changedAt} /> },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
