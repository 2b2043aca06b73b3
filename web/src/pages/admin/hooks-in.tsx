import { useState, type ReactNode } from 'react';
import type { changeMapping, endHook, HookView, listHooksIn, makeHook } from '../../../../src/contract/hooks.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { HookScheme } from '../../../../src/kernel/webhook.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Ago, Ask, Button, Check, Empty, Field, Loaded, Once, Panel, Select, Table, Tag } from '../../kit/index.ts';
import { isFilled, MappingFields, mappingOf, typedOf } from './mapping-fields.tsx';

type Asked = { readonly what: 'make' } | { readonly what: 'mapping' | 'end'; readonly of: HookView } | null;

/** How deliveries may be signed, in words; the last three send the secret itself. */
const SCHEMES: Readonly<Record<HookScheme, string>> = {
  standard: 'Standard Webhooks',
  hub: 'HMAC as GitHub sends it (x-hub-signature-256)',
  yardmaster: 'HMAC with a time, as ym sends it',
  slack: 'Slack',
  hmac: 'HMAC in a header of your own',
  'gitlab-token': 'the secret itself, as GitLab sends it',
  basic: 'the secret itself, as a password',
  bearer: 'the secret itself, as a bearer token',
};

/** Webhooks for everything that speaks no language of ours: CDEvents, or a mapping says what a payload is. */
export function HooksIn(): ReactNode {
  const hooks = useAnswer<typeof listHooksIn>('/v1/hooks', {}, { live: ['hook'] });
  const [asked, setAsked] = useState<Asked>(null);
  const because = useMay()('connection.write') ? null : 'it needs the role admin';
  const close = (): void => setAsked(null);
  return (
    <Panel
      title="Events of other tools"
      flush
      actions={
        <Button kind="primary" because={because} onClick={() => setAsked({ what: 'make' })}>
          Make a webhook
        </Button>
      }
    >
      <Loaded of={hooks}>
        {({ items }) => (
          <Rows items={items.filter((one) => one.takes === 'mapping' || one.takes === 'cdevents')} because={because} onAsk={setAsked} />
        )}
      </Loaded>
      {asked?.what === 'make' ? <Make onClose={close} /> : null}
      {asked?.what === 'mapping' ? <ChangeMapping of={asked.of} onClose={close} /> : null}
      {asked?.what === 'end' ? <End of={asked.of} onClose={close} /> : null}
    </Panel>
  );
}

type RowsProps = { readonly items: readonly HookView[]; readonly because: string | null; readonly onAsk: (asked: Asked) => void };

function Rows({ items, because, onAsk }: RowsProps): ReactNode {
  return (
    <Table
      caption="Webhooks of other tools"
      rows={items}
      rowKey={(one) => one.id}
      empty={
        <Empty
          title="No other tool tells anything yet. A mapping makes of its payloads what ym record would have told."
          command="ym hooks make NAME"
        />
      }
      columns={[
        { key: 'name', label: 'Name', sort: (one) => one.name, cell: (one) => <bdi title={one.id}>{one.name}</bdi> },
        {
          key: 'takes',
          label: 'Takes',
          cell: (one) =>
            one.mapping === null ? (
              <Tag>CDEvents</Tag>
            ) : (
              <Tag title={one.mapping.rules.map((rule) => rule.input).join(', ')}>by a mapping</Tag>
            ),
        },
        { key: 'state', label: 'State', cell: (one) => <State of={one} /> },
        {
          key: 'signed',
          label: 'Signed',
          wide: true,
          cell: (one) => (
            <span className="text-sm">
              {one.schemes.join(', ')} {one.weak ? <Tag tone="wait">sends the secret itself</Tag> : null}
            </span>
          ),
        },
        {
          key: 'act',
          label: 'Act',
          right: true,
          cell: (one) =>
            one.revokedAt !== null ? null : (
              <span className="inline-flex flex-wrap justify-end gap-1">
                {one.mapping === null ? null : (
                  <Button
                    kind="quiet"
                    because={because}
                    aria-label={`mapping of ${one.name}`}
                    onClick={() => onAsk({ what: 'mapping', of: one })}
                  >
                    Mapping
                  </Button>
                )}
                <Button kind="quiet" because={because} aria-label={`end ${one.name}`} onClick={() => onAsk({ what: 'end', of: one })}>
                  End
                </Button>
              </span>
            ),
        },
      ]}
    />
  );
}

function State({ of }: { readonly of: HookView }): ReactNode {
  if (of.revokedAt !== null)
    return (
      <Tag tone="deny" icon="deny">
        ended
      </Tag>
    );
  return (
    <span>
      <Tag tone="allow" icon="done">
        taken
      </Tag>
      {of.refused === 0 ? null : (
        <span className="block text-sm text-quiet">
          {of.refused} refused{of.refusedAt === null ? '' : ', last '}
          {of.refusedAt === null ? null : <Ago at={of.refusedAt} />}: <bdi>{of.refusedWhy ?? 'not said'}</bdi>
        </span>
      )}
    </span>
  );
}

function Make({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [takes, setTakes] = useState<'mapping' | 'cdevents'>('mapping');
  const [schemes, setSchemes] = useState<readonly HookScheme[]>(['standard', 'hub']);
  const [header, setHeader] = useState('');
  const [secret, setSecret] = useState('');
  const [rules, setRules] = useState(typedOf(null));
  const [made, setMade] = useState<AnswerOf<typeof makeHook> | null>(null);
  const make = useAct<typeof makeHook>('POST', '/v1/hooks');
  if (made !== null)
    return (
      <Once
        title={`Webhook ${name}`}
        until={null}
        texts={[
          ['Its address', `${location.origin}${made.path}`],
          ['Its secret', made.secret],
        ]}
        onClose={onClose}
      >
        <p>Give both to the tool that sends. What it brings is under Deliveries.</p>
      </Once>
    );
  const own = schemes.includes('hmac');
  const body = {
    name,
    takes,
    schemes: [...schemes],
    ...(takes === 'mapping' ? { mapping: mappingOf(rules) } : {}),
    ...(own && header !== '' ? { signatureHeader: header.toLowerCase() } : {}),
    ...(secret === '' ? {} : { secret }),
  };
  const ready = name.trim() !== '' && schemes.length > 0 && (!own || header !== '') && (takes === 'cdevents' || isFilled(rules));
  return (
    <Ask
      title="Make a webhook"
      says="Whatever is signed with its secret is taken, kept before it is answered, and read afterwards. It reads and never acts."
      does="Make it"
      reason="none"
      ready={ready}
      busy={make.busy}
      problem={make.problem}
      onDo={() => void make.act({ body }).then(setMade)}
      onClose={onClose}
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <Field
          label="Name"
          autoFocus
          maxLength={300}
          placeholder="jenkins-events"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Select
          label="What it takes"
          value={takes}
          onChange={(value) => setTakes(value as 'mapping' | 'cdevents')}
          options={[
            ['mapping', 'anything: a mapping says what it is'],
            ['cdevents', 'CDEvents'],
          ]}
        />
      </div>
      <fieldset className="space-y-1">
        <legend className="text-sm font-medium">It may be signed by (four at most)</legend>
        <div className="grid gap-1 sm:grid-cols-2">
          {(Object.keys(SCHEMES) as HookScheme[]).map((one) => (
            <Check
              key={one}
              label={SCHEMES[one]}
              checked={schemes.includes(one)}
              onChange={(on) => setSchemes(on ? [...schemes, one].slice(-4) : schemes.filter((other) => other !== one))}
            />
          ))}
        </div>
      </fieldset>
      {own ? (
        <Field
          label="The header with the signature"
          placeholder="x-signature"
          maxLength={100}
          value={header}
          onChange={(event) => setHeader(event.target.value.trim())}
        />
      ) : null}
      <Field
        label="A secret that the tool has already"
        type="password"
        autoComplete="off"
        hint="Empty: a good one is made here, and shown once."
        maxLength={1000}
        value={secret}
        onChange={(event) => setSecret(event.target.value)}
      />
      {takes === 'mapping' ? <MappingFields rules={rules} onChange={setRules} /> : null}
    </Ask>
  );
}

function ChangeMapping({ of, onClose }: { readonly of: HookView; readonly onClose: () => void }): ReactNode {
  const [rules, setRules] = useState(typedOf(of.mapping));
  const change = useAct<typeof changeMapping>('PUT', '/v1/hooks/{hook}/mapping');
  const body = { mapping: mappingOf(rules), version: of.version };
  return (
    <Ask
      title={`Mapping of ${of.name}`}
      says="What comes from now on is read by it. What came before can be replayed, under Deliveries."
      does="Keep it"
      reason="none"
      ready={isFilled(rules)}
      busy={change.busy}
      problem={change.problem}
      onDo={() => void change.act({ params: { hook: of.id }, body }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <MappingFields rules={rules} onChange={setRules} />
    </Ask>
  );
}

function End({ of, onClose }: { readonly of: HookView; readonly onClose: () => void }): ReactNode {
  const end = useAct<typeof endHook>('DELETE', '/v1/hooks/{hook}');
  return (
    <Ask
      title={`End ${of.name}`}
      says="Its signatures are refused from now on. What it brought stays."
      does="End it"
      danger
      reason="none"
      busy={end.busy}
      problem={end.problem}
      onDo={() => void end.act({ params: { hook: of.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
