import { useState, type ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type {
  addProvider,
  changeProvider,
  checkProvider,
  listProviders,
  removeProvider,
  rulePasswords,
} from '../../../../src/contract/sign-in.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ask, Button, Copy, Empty, Field, Loaded, Panel, Problem, Table, Tag } from '../../kit/index.ts';
import { FIRST_SETTINGS, SettingsFields, settingsFault } from './provider-settings.tsx';

type Answer = AnswerOf<typeof listProviders>;
type Provider = Answer['items'][number];
type Found = AnswerOf<typeof checkProvider>['found'];
type Asked = { readonly what: 'add' | 'change' | 'remove' | 'passwords'; readonly provider: Provider | null };

/** With which providers persons sign in, what their groups give, and who may use a password. */
export function SignInProviders(): ReactNode {
  const providers = useAnswer<typeof listProviders>('/v1/sign-in-providers', {}, { live: ['provider'] });
  return <Loaded of={providers}>{(answer) => <Providers answer={answer} />}</Loaded>;
}

function Providers({ answer }: { readonly answer: Answer }): ReactNode {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [found, setFound] = useState<{ readonly name: string; readonly found: Found } | null>(null);
  const check = useAct<typeof checkProvider>('POST', '/v1/sign-in-providers/{provider}/check');
  const may = useMay();
  const because = may('admin.people') ? null : 'it needs the role admin';
  const close = (): void => setAsked(null);
  const tryIt = (name: string): void => {
    setFound(null);
    void check.act({ params: { provider: name }, body: {} }).then((got) => got !== null && setFound({ name, found: got.found }));
  };
  return (
    <div className="space-y-4">
      <Panel
        title="Sign-in providers"
        flush
        actions={
          <Button because={because} onClick={() => setAsked({ what: 'add', provider: null })}>
            Add a provider
          </Button>
        }
      >
        <p className="p-3 text-quiet">
          Register this address there, exactly:{' '}
          <span className="font-mono break-all text-ink">
            {answer.redirectUri} <Copy text={answer.redirectUri} what="address" />
          </span>
        </p>
        <Table
          caption="Sign-in providers"
          rows={answer.items}
          rowKey={(one) => one.name}
          empty={
            <Empty
              title="Everybody signs in with a password."
              command="ym provider add corp --title 'Corp login' --issuer https://login.example.org --client yardmaster --secret -"
            />
          }
          columns={[
            {
              key: 'title',
              label: 'Provider',
              cell: (one) => (
                <span>
                  <bdi>{one.title}</bdi> <bdi className="block text-sm break-all text-quiet">{one.issuer}</bdi>
                </span>
              ),
            },
            {
              key: 'client',
              label: 'Client',
              cell: (one) => (
                <span>
                  <bdi className="break-all">{one.clientId}</bdi> {one.secret ? null : <Tag>public</Tag>}
                </span>
              ),
            },
            { key: 'who', label: 'Lets in', wide: true, cell: (one) => <Who of={one.settings} /> },
            {
              key: 'act',
              label: 'Act',
              right: true,
              cell: (one) => (
                <span className="inline-flex flex-wrap justify-end gap-1">
                  <Button kind="quiet" because={because} busy={check.busy} aria-label={`try ${one.title}`} onClick={() => tryIt(one.name)}>
                    Try it
                  </Button>
                  <Button
                    kind="quiet"
                    because={because}
                    aria-label={`change ${one.title}`}
                    onClick={() => setAsked({ what: 'change', provider: one })}
                  >
                    Change
                  </Button>
                  <Button
                    kind="quiet"
                    because={because}
                    aria-label={`remove ${one.title}`}
                    onClick={() => setAsked({ what: 'remove', provider: one })}
                  >
                    Remove
                  </Button>
                </span>
              ),
            },
          ]}
        />
        {check.problem === null ? null : (
          <div className="p-3">
            <Problem of={check.problem} />
          </div>
        )}
        {found === null ? null : (
          <ul className="space-y-1 border-t border-line p-3" role="status" aria-label={`what was found at ${found.name}`}>
            {found.found.map(({ what, ok, detail }) => (
              <li key={what}>
                <Tag tone={ok ? 'allow' : 'deny'} icon={ok ? 'done' : 'deny'}>
                  {ok ? 'yes' : 'no'}
                </Tag>{' '}
                {what}: <bdi className="break-all text-quiet">{detail}</bdi>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Passwords">
        <p>
          {answer.passwords === 'everybody'
            ? 'Everybody who has a password may use it.'
            : 'Only admins over the organisation use passwords, so that somebody can mend when the provider is down.'}
        </p>
        <div className="pt-2">
          <Button because={because} onClick={() => setAsked({ what: 'passwords', provider: null })}>
            {answer.passwords === 'everybody' ? 'Only for admins' : 'For everybody'}
          </Button>
        </div>
      </Panel>
      {asked?.what === 'add' || asked?.what === 'change' ? <Edit provider={asked.provider} onClose={close} /> : null}
      {asked?.what === 'remove' && asked.provider !== null ? <Remove provider={asked.provider} onClose={close} /> : null}
      {asked?.what === 'passwords' ? <Passwords now={answer.passwords} onClose={close} /> : null}
    </div>
  );
}

function Who({ of }: { readonly of: Provider['settings'] }): ReactNode {
  const lines = [
    of.domains.length === 0 ? null : `addresses in ${of.domains.join(', ')}`,
    of.groups.length === 0 ? null : `groups ${of.groups.join(', ')}`,
    of.provision ? 'makes persons at their first sign-in' : 'only who is linked',
    of.link === 'verified-address' ? 'links by verified address' : null,
    ...of.roles.map(
      ({ group, role, on }) =>
        `${group} gives ${role} over ${
          Object.entries(on)
            .map(([kind, name]) => `${kind} ${String(name)}`)
            .join(', ') || 'everything'
        }`,
    ),
  ].filter((line) => line !== null);
  return (
    <ul className="text-sm">
      {lines.slice(0, 12).map((line) => (
        <li key={line}>
          <bdi>{line}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Edit({ provider, onClose }: { readonly provider: Provider | null; readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState(provider?.name ?? '');
  const [title, setTitle] = useState(provider?.title ?? '');
  const [issuer, setIssuer] = useState(provider?.issuer ?? '');
  const [clientId, setClientId] = useState(provider?.clientId ?? '');
  const [secret, setSecret] = useState('');
  const [settings, setSettings] = useState(provider?.settings ?? FIRST_SETTINGS);
  const add = useAct<typeof addProvider>('POST', '/v1/sign-in-providers');
  const change = useAct<typeof changeProvider>('PATCH', '/v1/sign-in-providers/{provider}');
  const save = async (): Promise<void> => {
    const common = { title, issuer, clientId, settings };
    const done =
      provider === null
        ? await add.act({ body: { name, ...common, secret: secret === '' ? null : secret } })
        : await change.act({ params: { provider: provider.name }, body: { ...common, ...(secret === '' ? {} : { secret }) } });
    if (done !== null) onClose();
  };
  return (
    <Ask
      title={provider === null ? 'Add a provider' : `Change ${provider.title}`}
      says="Persons are known by the issuer and their subject there, never by an address alone."
      does="Keep it"
      reason="none"
      ready={(provider !== null || name !== '') && title !== '' && issuer !== '' && clientId !== '' && settingsFault(settings) === null}
      busy={add.busy || change.busy}
      problem={add.problem ?? change.problem}
      onDo={() => void save()}
      onClose={onClose}
    >
      {provider === null ? <Field label="Name" maxLength={63} value={name} onChange={(event) => setName(event.target.value)} /> : null}
      <Field label="What the button says" maxLength={300} value={title} onChange={(event) => setTitle(event.target.value)} />
      <Field label="Issuer" type="url" maxLength={500} value={issuer} onChange={(event) => setIssuer(event.target.value)} />
      <Field label="Client" maxLength={500} value={clientId} onChange={(event) => setClientId(event.target.value)} />
      <Field
        label="Client’s secret"
        type="password"
        autoComplete="off"
        maxLength={2000}
        hint={provider?.secret === true ? 'One is kept; empty: it stays.' : 'Empty: a public client.'}
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
      />
      <SettingsFields value={settings} onChange={setSettings} />
    </Ask>
  );
}

function Remove({ provider, onClose }: { readonly provider: Provider; readonly onClose: () => void }): ReactNode {
  const remove = useAct<typeof removeProvider>('DELETE', '/v1/sign-in-providers/{provider}');
  return (
    <Ask
      title={`Remove ${provider.title}`}
      says="Nobody signs in with it any more. The sessions that it opened end now, and the roles that its groups gave are taken. Persons stay."
      does="Remove it"
      danger
      reason="none"
      busy={remove.busy}
      problem={remove.problem}
      onDo={() => void remove.act({ params: { provider: provider.name } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}

function Passwords({ now, onClose }: { readonly now: Answer['passwords']; readonly onClose: () => void }): ReactNode {
  const rule = useAct<typeof rulePasswords>('PUT', '/v1/sign-in-rule');
  const next = now === 'everybody' ? 'admins' : 'everybody';
  return (
    <Ask
      title={next === 'admins' ? 'Passwords only for admins' : 'Passwords for everybody'}
      says={
        next === 'admins'
          ? 'Everybody else signs in with a provider, from their next sign-in on. Try yours first: whoever is linked to no account is out.'
          : 'Everybody who has a password may use it again.'
      }
      does="So be it"
      danger={next === 'admins'}
      reason="none"
      busy={rule.busy}
      problem={rule.problem}
      onDo={() => void rule.act({ body: { passwords: next } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
