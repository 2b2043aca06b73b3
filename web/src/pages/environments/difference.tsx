import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { environmentDifference } from '../../../../src/contract/yard.ts';
import { useAnswer } from '../../api/query.ts';
import { Command, Empty, Filters, Loaded, Panel, Select, Table, UrlFilter, useUrl } from '../../kit/index.ts';

type Answer = AnswerOf<typeof environmentDifference>;
type Line = {
  readonly key: string;
  readonly service: string | null;
  readonly what: ReactNode;
  readonly left: ReactNode;
  readonly right: ReactNode;
};

/** So many lines stand on the page. */
const MOST = 500;

/** What differs between two environments: their settings, and each service's version and values. */
export function Difference({ names }: { readonly names: readonly string[] }): ReactNode {
  const [left, setLeft] = useUrl('left', names.at(-2) ?? names[0] ?? '');
  const [right, setRight] = useUrl('right', names.at(-1) ?? '');
  const [service] = useUrl('service');
  const options = names.map((one) => [one, one] as const);
  const name = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(service) ? service : '';
  const found = useAnswer<typeof environmentDifference>(
    '/v1/environments/diff',
    { query: { left, right, ...(name === '' ? {} : { service: name }) } },
    { live: ['service', 'environment', 'deployment', 'catalog'], enabled: left !== '' && right !== '', keep: true },
  );
  return (
    <div className="space-y-3">
      <Filters>
        <Select label="Left" value={left} onChange={setLeft} options={options} />
        <Select label="Right" value={right} onChange={setRight} options={options} />
        <UrlFilter name="service" label="Only the service" placeholder="its whole name" />
      </Filters>
      <Loaded of={found}>{(answer) => <Shown of={answer} />}</Loaded>
      <div className="max-w-xl">
        <Command text={`npx ym env diff ${left} ${right}${name === '' ? '' : ` --service ${name}`}`} />
      </div>
    </div>
  );
}

function Shown({ of }: { readonly of: Answer }): ReactNode {
  const lines = linesOf(of);
  const alike = of.alike === 0 ? '' : `${of.alike} more ${of.alike === 1 ? 'service is' : 'services are'} alike.`;
  if (lines.length === 0)
    return (
      <div className="panel">
        <Empty title={of.left === of.right ? 'An environment does not differ from itself.' : `${of.left} and ${of.right} do not differ.`}>
          {alike}
        </Empty>
      </div>
    );
  return (
    <Panel title={`${lines.length} ${lines.length === 1 ? 'difference' : 'differences'}. ${alike}`} flush>
      <Table
        caption={`What differs between ${of.left} and ${of.right}`}
        rows={lines.slice(0, MOST)}
        rowKey={(line) => line.key}
        columns={[
          {
            key: 'what',
            label: 'What',
            cell: (line) => (
              <span>
                {line.service === null ? (
                  <span className="text-quiet">the environment: </span>
                ) : (
                  <Link to="/services/$service" params={{ service: line.service } as never}>
                    {line.service}
                  </Link>
                )}{' '}
                {line.what}
              </span>
            ),
          },
          { key: 'left', label: of.left, cell: (line) => line.left },
          { key: 'right', label: of.right, cell: (line) => line.right },
        ]}
      />
      {lines.length > MOST ? (
        <p className="border-t border-line p-3 text-quiet">The first {MOST} are shown. Choose one service, or ask ym.</p>
      ) : null}
    </Panel>
  );
}

function linesOf(of: Answer): readonly Line[] {
  const settings = of.settings.map((one): Line => ({
    key: one.setting,
    service: null,
    what: one.setting,
    left: one.left,
    right: one.right,
  }));
  return [
    ...settings,
    ...of.services.flatMap((one): Line[] => [
      ...(one.sameVersion
        ? []
        : [
            {
              key: `${one.service} v`,
              service: one.service,
              what: 'version',
              left: version(one.version.left),
              right: version(one.version.right),
            },
          ]),
      ...one.configuration.map((pair) => ({
        key: `${one.service} ${pair.key}`,
        service: one.service,
        what: <code>{pair.key}</code>,
        left: value(pair.left),
        right: value(pair.right),
      })),
      ...(one.current.left === false || one.current.right === false
        ? [
            {
              key: `${one.service} c`,
              service: one.service,
              what: 'values in use',
              left: current(one.current.left),
              right: current(one.current.right),
            },
          ]
        : []),
    ]),
  ];
}

function version(of: Answer['services'][number]['version']['left']): ReactNode {
  if (of === null) return <span className="text-quiet">does not run</span>;
  return (
    <Link to="/releases/$release" params={{ release: of.release } as never}>
      {of.version}
    </Link>
  );
}

function value(text: string | null): ReactNode {
  if (text === null) return <span className="text-quiet">not set</span>;
  return text === '' ? <span className="text-quiet">(empty)</span> : <code className="whitespace-pre-wrap">{text}</code>;
}

function current(is: boolean | null): ReactNode {
  if (is === null) return <span className="text-quiet">nothing runs</span>;
  return is ? 'as the catalog says' : <span className="text-wait">older than the catalog: the next deployment brings them</span>;
}
