import { useState, type ReactNode } from 'react';
import type { listPeople } from '../../../../src/contract/identity.ts';
import type { dismissUnmapped, listUnmapped, mapName, unmapLogin } from '../../../../src/contract/mapping.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import {
  Ago,
  Ask,
  Button,
  Empty,
  Filters,
  Loaded,
  Panel,
  Problem,
  Select,
  Table,
  Tag,
  UrlFilter,
  UrlSelect,
  useUrl,
} from '../../kit/index.ts';
import { LIVE } from './types.ts';

type Answer = AnswerOf<typeof listUnmapped>;
type Name = Answer['items'][number];

/** Names that commits, reviews and deployments brought and that map to nobody; one click says who each is. */
export function Unmapped(): ReactNode {
  const [all] = useUrl('all');
  const names = useAnswer<typeof listUnmapped>(
    '/v1/people/unmapped',
    { query: all === 'true' ? { all: 'true' } : {} },
    { live: ['person', 'release'] },
  );
  return <Loaded of={names}>{(answer) => <Names answer={answer} />}</Loaded>;
}

function Names({ answer }: { readonly answer: Answer }): ReactNode {
  const [text] = useUrl('q');
  const [asked, setAsked] = useState<Name | null>(null);
  const map = useAct<typeof mapName>('POST', '/v1/people/map');
  const dismiss = useAct<typeof dismissUnmapped>('POST', '/v1/people/unmapped/dismiss');
  const unmap = useAct<typeof unmapLogin>('POST', '/v1/people/unmap');
  const may = useMay();
  const because = may('admin.people') ? null : 'it needs the role admin';
  const problem = map.problem ?? dismiss.problem ?? unmap.problem;
  const wanted = text.toLowerCase();
  const rows = answer.items.filter((one) => wanted === '' || `${one.value} ${one.name ?? ''}`.toLowerCase().includes(wanted));
  return (
    <div className="space-y-4">
      <Panel title="Unmapped" flush>
        <div className="space-y-2 p-3">
          <p className="text-quiet">
            While an author is unknown, nobody can be shown to be somebody else: approvals that must come from another person wait.
          </p>
          <Filters>
            <UrlFilter name="q" label="Name" />
            <UrlSelect
              name="all"
              label="Show"
              options={[
                ['', 'what waits'],
                ['true', 'dismissed too'],
              ]}
            />
          </Filters>
          {problem === null ? null : <Problem of={problem} />}
        </div>
        <Table
          caption="Names that map to nobody"
          rows={rows}
          rowKey={(one) => `${one.host ?? ''} ${one.value}`}
          empty={<Empty title="Everybody who was seen is known." command="ym people unmapped" />}
          columns={[
            {
              key: 'value',
              label: 'Name',
              sort: (one) => one.value,
              cell: (one) => (
                <span>
                  <bdi className="break-all">{one.value}</bdi> {one.dismissed ? <Tag>dismissed</Tag> : null}
                  <bdi className="block text-sm text-quiet">{[one.name, one.host ?? 'address'].filter(Boolean).join(' · ')}</bdi>
                </span>
              ),
            },
            { key: 'roles', label: 'Was', cell: (one) => one.roles.join(', ') },
            { key: 'seen', label: 'Seen', right: true, sort: (one) => one.seen, cell: (one) => one.seen },
            { key: 'first', label: 'First', sort: (one) => one.firstAt, cell: (one) => <Ago at={one.firstAt} /> },
            { key: 'last', label: 'Last', sort: (one) => one.lastAt, cell: (one) => <Ago at={one.lastAt} /> },
            {
              key: 'act',
              label: 'Is',
              right: true,
              wide: true,
              cell: (one) => (
                <span className="inline-flex flex-wrap justify-end gap-1">
                  {one.suggestions.map((person) => (
                    <Button
                      key={person.person}
                      because={because}
                      busy={map.busy}
                      aria-label={`${one.value} is ${person.name}, who ${person.why}`}
                      onClick={() => void map.act({ body: { host: one.host, value: one.value, to: person.person } })}
                    >
                      <bdi>{person.name}</bdi>
                    </Button>
                  ))}
                  <Button kind="quiet" because={because} aria-label={`say who ${one.value} is`} onClick={() => setAsked(one)}>
                    Somebody else
                  </Button>
                  {one.dismissed ? null : (
                    <Button
                      kind="quiet"
                      because={because}
                      aria-label={`dismiss ${one.value}`}
                      onClick={() => void dismiss.act({ body: { host: one.host, value: one.value } })}
                    >
                      Dismiss
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Panel>
      {answer.logins.length === 0 ? null : (
        <Panel title="Logins that are known" flush>
          <Table
            caption="Logins that are known"
            rows={answer.logins}
            rowKey={(one) => `${one.host} ${one.login}`}
            empty={null}
            columns={[
              { key: 'login', label: 'Login', sort: (one) => one.login, cell: (one) => <bdi>{one.login}</bdi> },
              { key: 'host', label: 'At', sort: (one) => one.host, cell: (one) => <bdi>{one.host}</bdi> },
              {
                key: 'name',
                label: 'Is',
                sort: (one) => one.name,
                cell: (one) => (
                  <span>
                    <bdi>{one.name}</bdi> {one.bot === null ? null : <Tag>bot</Tag>}
                  </span>
                ),
              },
              {
                key: 'act',
                label: 'Act',
                right: true,
                cell: (one) => (
                  <Button
                    kind="quiet"
                    because={because}
                    aria-label={`unmap ${one.login}`}
                    onClick={() => void unmap.act({ body: { host: one.host, login: one.login } })}
                  >
                    Unmap
                  </Button>
                ),
              },
            ]}
          />
        </Panel>
      )}
      {asked === null ? null : <Who name={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function Who({ name, onClose }: { readonly name: Name; readonly onClose: () => void }): ReactNode {
  const people = useAnswer<typeof listPeople>('/v1/people', {}, { live: LIVE });
  const map = useAct<typeof mapName>('POST', '/v1/people/map');
  const [to, setTo] = useState('');
  const active = (people.data?.items ?? []).filter((person) => person.active);
  const options = [
    ['', 'choose'] as const,
    ...active.map((person) => [person.id, person.name] as const),
    ...active.flatMap((person) =>
      person.bots.filter((bot) => bot.active).map((bot) => [bot.id, `${bot.name} (bot of ${person.name})`] as const),
    ),
  ];
  return (
    <Ask
      title={`Who is ${name.value}?`}
      says="What was done under this name counts as theirs from now on, in every rule about who did what. A bot’s counts as its owner’s."
      does="That is who"
      reason="none"
      ready={to !== ''}
      busy={map.busy}
      problem={map.problem}
      onDo={() => void map.act({ body: { host: name.host, value: name.value, to } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Select label="Person or bot" value={to} onChange={setTo} options={options} />
    </Ask>
  );
}
