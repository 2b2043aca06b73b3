import { useState, type ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { addWorkload, listWorkloads, removeWorkload, testWorkload } from '../../../../src/contract/workloads.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Area, Ask, Button, Empty, Field, Loaded, Panel, Problem, Select, Table, Tag } from '../../kit/index.ts';

type Trust = AnswerOf<typeof listWorkloads>['items'][number];

/** Jobs of other CI that come in with tokens of their issuer: which, as whom, and what each trust says to a token. */
export function Workloads(): ReactNode {
  const trusts = useAnswer<typeof listWorkloads>('/v1/workloads', {}, { live: ['workload', 'bot'] });
  const [asked, setAsked] = useState<Trust | 'add' | null>(null);
  const may = useMay();
  const because = may('admin.tokens') ? null : 'it needs the role admin';
  return (
    <div className="space-y-4">
      <Panel
        title="Workloads"
        flush
        actions={
          <Button because={because} onClick={() => setAsked('add')}>
            Trust a workload
          </Button>
        }
      >
        <p className="p-3 text-quiet">
          A job shows the token that its CI gives it. No secret of ours lies there, and none can leak. Workloads never approve, override or
          administer.
        </p>
        <Loaded of={trusts}>
          {({ items }) => (
            <Table
              caption="Trusted workloads"
              rows={items}
              rowKey={(one) => one.id}
              empty={
                <Empty
                  title="No workload is trusted yet."
                  command={`ym workload add shop-ci --issuer github --audience ${location.origin} --claim repository=acme/shop --service shop`}
                />
              }
              columns={[
                { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi>{one.name}</bdi> },
                { key: 'issuer', label: 'Issuer', cell: (one) => <bdi className="text-sm break-all">{one.issuer}</bdi> },
                { key: 'claims', label: 'Asks for', wide: true, cell: (one) => <Conditions of={one.conditions} /> },
                {
                  key: 'as',
                  label: 'Acts as',
                  cell: (one) => (
                    <span>
                      <bdi>{one.bot.name}</bdi> of <bdi>{one.bot.owner}</bdi> {one.bot.active ? null : <Tag tone="deny">not active</Tag>}
                      <span className="block text-sm text-quiet">
                        {one.services === null ? 'as far as the bot may' : `only ${one.services.join(', ')}`}
                        {one.actions === null ? '' : ` · ${one.actions.join(', ')}`}
                      </span>
                    </span>
                  ),
                },
                {
                  key: 'last',
                  label: 'Came in last',
                  sort: (one) => one.last?.at ?? '',
                  cell: (one) =>
                    one.last === null ? (
                      <span className="text-quiet">nobody yet</span>
                    ) : (
                      <span>
                        <Ago at={one.last.at} />{' '}
                        <bdi className="block text-sm text-quiet">{[one.last.repository, one.last.ref].filter(Boolean).join(' ')}</bdi>
                      </span>
                    ),
                },
                {
                  key: 'act',
                  label: 'Act',
                  right: true,
                  cell: (one) => (
                    <Button kind="quiet" because={because} aria-label={`remove ${one.name}`} onClick={() => setAsked(one)}>
                      Remove
                    </Button>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
        {asked === 'add' ? <Add issuers={trusts.data?.issuers ?? []} onClose={() => setAsked(null)} /> : null}
        {asked !== null && asked !== 'add' ? <Remove trust={asked} onClose={() => setAsked(null)} /> : null}
      </Panel>
      <Test />
    </div>
  );
}

function Conditions({ of }: { readonly of: Trust['conditions'] }): ReactNode {
  return (
    <ul className="font-mono text-sm">
      {Object.entries(of).map(([claim, patterns]) => (
        <li key={claim} className="break-all">
          <bdi>
            {claim} = {patterns.join(' or ')}
          </bdi>
        </li>
      ))}
    </ul>
  );
}

type Issuers = AnswerOf<typeof listWorkloads>['issuers'];

function Add({ issuers, onClose }: { readonly issuers: Issuers; readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [known, setKnown] = useState(issuers[0]?.url ?? '');
  const [other, setOther] = useState('');
  const [audience, setAudience] = useState(location.origin);
  const [claims, setClaims] = useState('repository = \nref = refs/heads/main');
  const [services, setServices] = useState('');
  const add = useAct<typeof addWorkload>('POST', '/v1/workloads');
  const issuer = known === '' ? other : known;
  const conditions = conditionsIn(claims);
  const list = services.split(/[\s,]+/).filter((one) => one !== '');
  return (
    <Ask
      title="Trust a workload"
      says="Jobs whose tokens meet every line come in, as a bot of their own that is developer of the services named and nothing else."
      does="Trust it"
      reason="none"
      ready={name !== '' && issuer !== '' && audience !== '' && list.length > 0 && conditions !== null}
      busy={add.busy}
      problem={add.problem}
      onDo={() => {
        if (conditions !== null)
          void add.act({ body: { name, issuer, audience, conditions, services: list } }).then((answer) => answer !== null && onClose());
      }}
      onClose={onClose}
    >
      <Field label="Name" maxLength={63} value={name} onChange={(event) => setName(event.target.value)} />
      <Select
        label="Issuer"
        value={known}
        onChange={setKnown}
        options={[...issuers.map(({ url, title }) => [url, title] as const), ['', 'another issuer'] as const]}
      />
      {known === '' ? (
        <Field label="Its address" type="url" maxLength={500} value={other} onChange={(event) => setOther(event.target.value)} />
      ) : null}
      <Field
        label="Audience"
        hint="What the tokens are made for; best the address of this server."
        maxLength={300}
        value={audience}
        onChange={(event) => setAudience(event.target.value)}
      />
      <Area
        label="Claims, one a line"
        hint="repository = acme/shop. GitLab: project_path = group/app. * is a part of a path, ** several; the same claim twice: one must fit."
        rows={4}
        error={conditions === null ? 'Each line is: claim = pattern' : null}
        value={claims}
        onChange={(event) => setClaims(event.target.value)}
      />
      <Field
        label="Services"
        hint="Those that it acts on, separated by spaces."
        maxLength={1000}
        value={services}
        onChange={(event) => setServices(event.target.value)}
      />
    </Ask>
  );
}

/** Claim to patterns; null where a line is none. */
function conditionsIn(text: string): Record<string, string[]> | null {
  const conditions = new Map<string, string[]>();
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const found = /^([A-Za-z][\w.:/-]*)\s*=\s*(\S.*)$/.exec(line);
    if (found === null) return null;
    const [, claim = '', pattern = ''] = found;
    conditions.set(claim, [...(conditions.get(claim) ?? []), pattern.trim()]);
  }
  return conditions.size === 0 ? null : Object.fromEntries(conditions);
}

function Remove({ trust, onClose }: { readonly trust: Trust; readonly onClose: () => void }): ReactNode {
  const remove = useAct<typeof removeWorkload>('DELETE', '/v1/workloads/{workload}');
  return (
    <Ask
      title={`Trust ${trust.name} no more`}
      says={`Its jobs come in no more, and the ${trust.live} that are in are out at once, on every server.`}
      does="Remove it"
      danger
      reason="none"
      busy={remove.busy}
      problem={remove.problem}
      onDo={() => void remove.act({ params: { workload: trust.name } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}

function Test(): ReactNode {
  const [token, setToken] = useState('');
  const [answer, setAnswer] = useState<AnswerOf<typeof testWorkload> | null>(null);
  const test = useAct<typeof testWorkload>('POST', '/v1/workloads/test');
  return (
    <Panel title="Why is a token refused?">
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          setAnswer(null);
          void test.act({ body: { token: token.trim() } }).then(setAnswer);
        }}
      >
        <Area
          label="Token of a job"
          hint="It is looked at, and not used up."
          rows={3}
          maxLength={8192}
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <Button type="submit" busy={test.busy}>
          Look
        </Button>
        {test.problem === null ? null : <Problem of={test.problem} />}
      </form>
      {answer === null ? null : (
        <div className="space-y-2 pt-3" role="status">
          <p>
            {answer.accepted === null ? (
              <Tag tone="deny" icon="deny">
                not accepted
              </Tag>
            ) : (
              <Tag tone="allow" icon="done">
                accepted by {answer.accepted}
              </Tag>
            )}{' '}
            {answer.wrong}
          </p>
          {answer.trusts.map((trust) => (
            <div key={trust.name}>
              <h3>{trust.name}</h3>
              <ul className="text-sm">
                {trust.wrong.map((why) => (
                  <li key={why}>✘ {why}</li>
                ))}
                {trust.conditions.map(({ claim, wanted, found, ok }) => (
                  <li key={claim} className="break-all">
                    {ok ? '✔' : '✘'} <code>{claim}</code>: {found.length === 0 ? 'not in it' : <bdi>{found.join(', ')}</bdi>}
                    {ok ? '' : `; asked for: ${wanted.join(' or ')}`}
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}
