import { useState, type ReactNode } from 'react';
import type { endOtherSessions, endSession, listSessions } from '../../../../src/contract/account.ts';
import type { endToken, listTokens } from '../../../../src/contract/identity.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { MakeToken } from '../../app/make-token.tsx';
import { useMe } from '../../app/session.tsx';
import { Ago, Ask, Button, Empty, Facts, Loaded, Page, Panel, Problem, Table, Tag, When } from '../../kit/index.ts';
import { Accounts } from './accounts.tsx';
import { Delegate } from './delegate.tsx';
import { Notices } from './notices.tsx';
import { Password } from './password.tsx';
import { SecondFactor } from './second-factor.tsx';

type Token = AnswerOf<typeof listTokens>['items'][number];
const LIVE = ['session', 'token', 'person'] as const;

/** Everything that is mine: where I am signed in, how, with what tokens, and who decides while I am away. */
export default function Account(): ReactNode {
  const me = useMe();
  return (
    <Page title={me.name}>
      <div className="grid min-w-0 gap-4 lg:grid-cols-2">
        <Panel title="Me">
          <Facts
            of={[
              [
                'Id',
                <code key="i" className="text-sm">
                  {me.id}
                </code>,
              ],
              [
                'Roles',
                <span key="r" className="flex flex-wrap gap-1">
                  {me.roles.length === 0 ? 'none: ask an admin' : null}
                  {me.roles.map(({ role, on }) => (
                    <Tag key={`${role} ${JSON.stringify(on)}`} tone="accent">
                      {role} over{' '}
                      {Object.keys(on).length === 0
                        ? 'everything'
                        : Object.entries(on)
                            .map(([kind, name]) => `${kind} ${name}`)
                            .join(', ')}
                    </Tag>
                  ))}
                </span>,
              ],
              [
                'This session',
                <span key="s">
                  ends <When at={me.expiresAt} /> at the latest
                </span>,
              ],
              ...(me.freshUntil === null
                ? []
                : ([
                    [
                      'Approving',
                      <span key="f">
                        asks again who I am <Ago at={me.freshUntil} />
                      </span>,
                    ],
                  ] as const)),
            ]}
          />
        </Panel>
        <Delegate />
        <Sessions />
        <div className="min-w-0 space-y-4">
          <Password />
          <Accounts />
          <SecondFactor />
        </div>
        <div className="min-w-0 lg:col-span-2">
          <Notices />
        </div>
        <div className="min-w-0 lg:col-span-2">
          <MyTokens />
        </div>
      </div>
    </Page>
  );
}

function Sessions(): ReactNode {
  const sessions = useAnswer<typeof listSessions>('/v1/me/sessions', {}, { live: LIVE });
  const end = useAct<typeof endSession>('DELETE', '/v1/sessions/{session}');
  const others = useAct<typeof endOtherSessions>('POST', '/v1/me/sessions/end-others');
  const count = (sessions.data?.items.length ?? 1) - 1;
  return (
    <Panel
      title="Where I am signed in"
      flush
      actions={
        <Button because={count === 0 ? 'there is no other session' : null} busy={others.busy} onClick={() => void others.act({ body: {} })}>
          End the others
        </Button>
      }
    >
      {[end.problem, others.problem].map((problem) => (problem === null ? null : <Problem key={problem.code} of={problem} />))}
      <Loaded of={sessions}>
        {({ items }) => (
          <Table
            caption="My sessions"
            rows={items}
            rowKey={(one) => one.id}
            columns={[
              {
                key: 'what',
                label: 'What',
                cell: (one) => (
                  <span title={one.client ?? undefined}>
                    {one.current ? (
                      <Tag tone="allow" icon="done">
                        this one
                      </Tag>
                    ) : null}{' '}
                    {nameOf(one.client, one.screen)}
                  </span>
                ),
              },
              { key: 'seen', label: 'Used', cell: (one) => (one.seenAt === null ? <When at={one.createdAt} /> : <Ago at={one.seenAt} />) },
              { key: 'since', label: 'Since', wide: true, cell: (one) => <When at={one.createdAt} /> },
              {
                key: 'end',
                label: 'Act',
                right: true,
                cell: (one) =>
                  one.current ? null : (
                    <Button
                      kind="quiet"
                      busy={end.busy}
                      aria-label={`end the session of ${nameOf(one.client, one.screen)}`}
                      onClick={() => void end.act({ params: { session: one.id } })}
                    >
                      End
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

/** A browser by its usual name; a program by what it calls itself. */
function nameOf(client: string | null, screen: boolean): string {
  if (!screen) return client?.startsWith('yardmaster/') === true ? `ym ${client.slice(11)}` : (client?.split(' ')[0] ?? 'a program');
  const browser = (
    [
      ['Firefox', 'Firefox'],
      ['Edg/', 'Edge'],
      ['Chrome', 'Chrome or Chromium'],
      ['Safari', 'Safari'],
    ] as const
  ).find(([mark]) => client?.includes(mark));
  const system = (['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'] as const).find((mark) => client?.includes(mark));
  return `${browser?.[1] ?? 'a browser'}${system === undefined ? '' : ` on ${system}`}`;
}

function MyTokens(): ReactNode {
  const tokens = useAnswer<typeof listTokens>('/v1/tokens', { query: {} }, { live: LIVE });
  const [asked, setAsked] = useState<Token | 'make' | null>(null);
  return (
    <Panel title="My tokens, and those of my bots" flush actions={<Button onClick={() => setAsked('make')}>Make a token</Button>}>
      <Loaded of={tokens}>
        {({ items }) => (
          <Table
            caption="My tokens"
            rows={items.filter((one) => one.kind === 'token' && one.endedAt === null && Date.parse(one.expiresAt) > Date.now())}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No tokens. A token lets a program act for me, as narrow as I make it."
                command="ym token create --name ci --action run.start"
              />
            }
            columns={[
              { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
              { key: 'for', label: 'For', cell: (one) => (one.holder.startsWith('bot_') ? 'a bot' : 'me') },
              {
                key: 'may',
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
                cell: (one) => (one.seenAt === null ? <span className="text-quiet">never</span> : <Ago at={one.seenAt} />),
              },
              { key: 'until', label: 'Until', sort: (one) => one.expiresAt, cell: (one) => <When at={one.expiresAt} /> },
              {
                key: 'end',
                label: 'Act',
                right: true,
                cell: (one) => (
                  <Button kind="quiet" aria-label={`end the token ${one.name}`} onClick={() => setAsked(one)}>
                    End
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {asked === 'make' ? <MakeToken bots={[]} onClose={() => setAsked(null)} /> : null}
      {asked !== null && typeof asked === 'object' ? <EndToken token={asked} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function EndToken({ token, onClose }: { readonly token: Token; readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endToken>('DELETE', '/v1/tokens/{token}');
  return (
    <Ask
      title={`End the token ${token.name}`}
      says="It stops working now, on every server. What uses it gets “not signed in” from its next request on."
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
