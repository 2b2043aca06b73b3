import { useState, type ReactNode } from 'react';
import type { endEverybody } from '../../../../src/contract/account.ts';
import type { endToken, listPeople, listTokens } from '../../../../src/contract/identity.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Filters, Loaded, Panel, Table, Tag, UrlFilter, UrlSelect, useUrl, When } from '../../kit/index.ts';
import { MakeToken } from '../../app/make-token.tsx';
import { LIVE, type Token } from './types.ts';

/** Everything that lets somebody in right now: tokens and sessions of everybody. */
export function Tokens(): ReactNode {
  const tokens = useAnswer<typeof listTokens>('/v1/tokens', { query: { all: 'true' } }, { live: LIVE });
  const people = useAnswer<typeof listPeople>('/v1/people', {}, { live: LIVE });
  const [asked, setAsked] = useState<Token | 'make' | 'all' | null>(null);
  const may = useMay();
  const because = may('admin.tokens') ? null : 'it needs the role admin';
  const everybody = people.data?.items ?? [];
  const bots = everybody.flatMap((person) => person.bots.filter(({ active }) => active));
  const nameOf = (id: string): string => [...everybody, ...bots].find((one) => one.id === id)?.name ?? id;
  return (
    <Panel
      title="Tokens and sessions that are good now"
      flush
      actions={
        <>
          <Button onClick={() => setAsked('make')}>Make a token</Button>
          <Button kind="danger" because={because} onClick={() => setAsked('all')}>
            End everybody’s
          </Button>
        </>
      }
    >
      <div className="p-3">
        <Filters>
          <UrlFilter name="q" label="Name or holder" />
          <UrlSelect
            name="kind"
            label="Kind"
            options={[
              ['', 'both'],
              ['token', 'tokens'],
              ['session', 'sessions'],
            ]}
          />
        </Filters>
      </div>
      <Loaded of={tokens}>{({ items }) => <Rows items={items} nameOf={nameOf} because={because} onEnd={setAsked} />}</Loaded>
      {asked === 'make' ? <MakeToken bots={bots} onClose={() => setAsked(null)} /> : null}
      {asked === 'all' ? <EndEverybody onClose={() => setAsked(null)} /> : null}
      {asked !== null && typeof asked === 'object' ? (
        <EndOne token={asked} holder={nameOf(asked.holder)} onClose={() => setAsked(null)} />
      ) : null}
    </Panel>
  );
}

type RowsProps = {
  readonly items: readonly Token[];
  readonly nameOf: (id: string) => string;
  readonly because: string | null;
  readonly onEnd: (token: Token) => void;
};

function Rows({ items, nameOf, because, onEnd }: RowsProps): ReactNode {
  const [text] = useUrl('q');
  const [kind] = useUrl('kind');
  const wanted = text.toLowerCase();
  const rows = items.filter(
    (one) => (kind === '' || one.kind === kind) && (wanted === '' || `${one.name} ${nameOf(one.holder)}`.toLowerCase().includes(wanted)),
  );
  return (
    <Table
      caption="Tokens and sessions"
      rows={rows.slice(0, 500)}
      rowKey={(one) => one.id}
      empty={<Empty title="No tokens like that." command="ym token create --name ci --action run.start" />}
      columns={[
        { key: 'holder', label: 'Holder', sort: (one) => nameOf(one.holder), cell: (one) => <bdi>{nameOf(one.holder)}</bdi> },
        {
          key: 'kind',
          label: 'Kind',
          sort: (one) => one.kind,
          cell: (one) => <Tag tone={one.kind === 'token' ? 'accent' : 'plain'}>{one.kind}</Tag>,
        },
        { key: 'name', label: 'Name', cell: (one) => <bdi>{one.name}</bdi> },
        {
          key: 'scope',
          label: 'May do',
          wide: true,
          cell: (one) => (
            <span className="text-sm">
              {one.actions === null ? 'all that its holder may' : one.actions.join(', ')}
              {one.services === null ? '' : ` · only ${one.services.join(', ')}`}
            </span>
          ),
        },
        {
          key: 'seen',
          label: 'Used',
          sort: (one) => one.seenAt ?? '',
          cell: (one) => (one.seenAt === null ? <span className="text-quiet">never</span> : <Ago at={one.seenAt} />),
        },
        { key: 'until', label: 'Until', sort: (one) => one.expiresAt, cell: (one) => <When at={one.expiresAt} /> },
        {
          key: 'end',
          label: 'Act',
          right: true,
          cell: (one) => (
            <Button kind="quiet" because={because} aria-label={`end ${one.name} of ${nameOf(one.holder)}`} onClick={() => onEnd(one)}>
              End
            </Button>
          ),
        },
      ]}
    />
  );
}

function EndOne({ token, holder, onClose }: { readonly token: Token; readonly holder: string; readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endToken>('DELETE', '/v1/tokens/{token}');
  return (
    <Ask
      title={`End the ${token.kind} ${token.name}`}
      says={`It is one of ${holder}. It stops working now, on every server. What uses it gets “not signed in” from its next request on.`}
      does="End it"
      danger
      reason="none"
      busy={end.busy}
      problem={end.problem}
      onDo={() => void end.act({ params: { token: token.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}

function EndEverybody({ onClose }: { readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endEverybody>('POST', '/v1/admin/end-everybody');
  return (
    <Ask
      title="End every session and every token"
      says="For the worst day. Everybody but you is signed out now, on every server; every token stops, so CI, bots and scripts stop until they get new ones. Runners, agents and services that run are not touched."
      does="End everybody’s"
      danger
      busy={end.busy}
      problem={end.problem}
      onDo={(reason) => void end.act({ body: { reason } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
