import { useState, type ReactNode } from 'react';
import type { addChannel, listChannels, listChatLogins, removeChannel, testChannel } from '../../../../src/contract/chat.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Button, Check, Command, Empty, Field, Loaded, Panel, Problem, Select, Table, Tag } from '../../kit/index.ts';

type Channel = AnswerOf<typeof listChannels>['items'][number];
type Kind = Channel['kinds'][number];

const KINDS: readonly (readonly [Channel['kind'], string])[] = [
  ['slack', 'Slack, by a connection: one message for each release'],
  ['slack-webhook', 'Slack, by an incoming webhook'],
  ['teams', 'Teams, by a workflow webhook'],
];
const NEWS: readonly (readonly [Kind, string])[] = [
  ['waits', 'releases that wait, are held or go on'],
  ['deployment', 'deployments'],
  ['incident', 'incidents'],
  ['decided', 'votes'],
  ['asked', 'approvals and waivers that are asked for'],
  ['expiring', 'waivers that end'],
];

/** Where news go in Slack and Teams. */
export function Channels(): ReactNode {
  const list = useAnswer<typeof listChannels>('/v1/notify/channels', {}, { live: ['chat'], every: 30_000 });
  const [adding, setAdding] = useState(false);
  const test = useAct<typeof testChannel>('POST', '/v1/notify/channels/{channel}/test');
  const remove = useAct<typeof removeChannel>('DELETE', '/v1/notify/channels/{channel}');
  const [said, say] = useState('');
  return (
    <Panel
      title="Channels of Slack and Teams"
      flush
      actions={<Button onClick={() => setAdding(!adding)}>{adding ? 'Close' : 'Add a channel'}</Button>}
    >
      {adding ? <Add onDone={() => setAdding(false)} /> : null}
      {[test.problem, remove.problem].map((problem) => (problem === null ? null : <Problem key={problem.code} of={problem} />))}
      <p role="status" className="px-3 empty:hidden">
        {said}
      </p>
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption="Channels"
            rows={items}
            rowKey={(one) => one.id}
            empty={
              <Empty
                title="No news go to any channel yet."
                command="ym notify channel add releases --kind slack-webhook --webhook address.txt"
              />
            }
            columns={[
              { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => one.name },
              {
                key: 'kind',
                label: 'Where',
                cell: (one) => <bdi>{one.connection === null ? one.kind : `${one.connection} ${one.target ?? ''}`}</bdi>,
              },
              {
                key: 'state',
                label: 'State',
                cell: (one) => (
                  <Tag
                    tone={one.state === 'working' ? 'allow' : one.state === 'failing' ? 'deny' : 'wait'}
                    title={one.lastError ?? undefined}
                  >
                    {one.state === 'failing' ? (one.lastError ?? 'failing') : one.state === 'new' ? 'nothing was posted yet' : 'working'}
                  </Tag>
                ),
              },
              {
                key: 'of',
                label: 'Of',
                wide: true,
                cell: (one) => [one.team, one.service, one.environment].filter((part) => part !== null).join(' ') || 'everything',
              },
              { key: 'news', label: 'News', wide: true, cell: (one) => <span className="text-sm">{one.kinds.join(', ')}</span> },
              {
                key: 'acts',
                label: 'Act',
                right: true,
                cell: (one) => (
                  <span className="inline-flex gap-1">
                    <Button
                      kind="quiet"
                      busy={test.busy}
                      aria-label={`post a test to ${one.name}`}
                      onClick={() =>
                        void test
                          .act({ params: { channel: one.name }, body: {} })
                          .then((done) => say(done === null ? '' : `${one.name}: ${done.said}`))
                      }
                    >
                      Test
                    </Button>
                    <Button
                      kind="quiet"
                      busy={remove.busy}
                      aria-label={`remove ${one.name}`}
                      onClick={() => void remove.act({ params: { channel: one.name } })}
                    >
                      Remove
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <Logins />
    </Panel>
  );
}

function Add({ onDone }: { readonly onDone: () => void }): ReactNode {
  const add = useAct<typeof addChannel>('POST', '/v1/notify/channels');
  const [kind, setKind] = useState<Channel['kind']>('slack');
  const [text, setText] = useState({ name: '', connection: '', target: '', webhook: '', team: '', service: '', environment: '' });
  const [news, setNews] = useState<readonly Kind[]>(['waits', 'deployment', 'incident']);
  const field = (name: keyof typeof text, label: string, more: { hint?: string; type?: string; placeholder?: string } = {}): ReactNode => (
    <Field
      label={label}
      {...more}
      value={text[name]}
      autoComplete="off"
      maxLength={name === 'webhook' ? 2000 : 63}
      onChange={(event) => setText({ ...text, [name]: event.target.value.trim() })}
    />
  );
  const orNull = (value: string): string | null => (value === '' ? null : value);
  const where = kind === 'slack' ? { connection: text.connection, target: text.target } : { webhook: text.webhook };
  const missing = text.name === '' || Object.values(where).includes('') || news.length === 0;
  return (
    <form
      className="space-y-3 border-b border-line p-3"
      onSubmit={(event) => {
        event.preventDefault();
        const scope = { team: orNull(text.team), service: orNull(text.service), environment: orNull(text.environment) };
        void add
          .act({ body: { name: text.name, kind, ...where, kinds: [...news], ...scope } })
          .then((done) => (done === null ? undefined : onDone()));
      }}
    >
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {field('name', 'Name', { placeholder: 'releases' })}
        <Select label="Kind" value={kind} onChange={(value) => setKind(value as Channel['kind'])} options={KINDS} />
        {kind === 'slack' ? field('connection', 'Connection', { placeholder: 'slack' }) : null}
        {kind === 'slack' ? field('target', 'Id of the channel', { placeholder: 'C0123456789' }) : null}
        {kind === 'slack'
          ? null
          : field('webhook', 'Address of the webhook', {
              type: 'password',
              hint: 'Who knows it can write there: it is sealed and never shown.',
            })}
        {field('team', 'Only of the team')}
        {field('service', 'Only of the service')}
        {field('environment', 'Only of the environment')}
      </div>
      <fieldset className="grid gap-1 sm:grid-cols-2">
        <legend className="text-sm font-medium">News</legend>
        {NEWS.map(([one, label]) => (
          <Check
            key={one}
            label={label}
            checked={news.includes(one)}
            onChange={(on) => setNews(on ? [...news, one] : news.filter((other) => other !== one))}
          />
        ))}
      </fieldset>
      {add.problem === null ? null : <Problem of={add.problem} />}
      <Button type="submit" kind="primary" busy={add.busy} because={missing ? 'something is not filled in' : null}>
        Add
      </Button>
    </form>
  );
}

function Logins(): ReactNode {
  const list = useAnswer<typeof listChatLogins>('/v1/notify/logins', {}, { live: ['chat', 'person'] });
  return (
    <div className="space-y-2 border-t border-line p-3">
      <p className="text-quiet">What is done from Slack is done by the person that an account there is mapped to, and by nobody else:</p>
      <Loaded of={list} lines={1}>
        {({ items }) => (
          <ul className="flex flex-wrap gap-2">
            {items.map((one) => (
              <li key={`${one.connection} ${one.user}`}>
                <Tag>
                  <bdi>
                    {one.connection} {one.user}: {one.person.name}
                  </bdi>
                </Tag>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Command text="ym notify login U0123456789 --connection slack --person ann@example.org" />
    </div>
  );
}
