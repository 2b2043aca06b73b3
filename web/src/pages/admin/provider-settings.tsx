import { useState, type ReactNode } from 'react';
import { ROLES, type Role } from '../../../../src/contract/actions.ts';
import type { listProviders } from '../../../../src/contract/sign-in.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { Button, Check, Field, Select } from '../../kit/index.ts';

export type Settings = AnswerOf<typeof listProviders>['items'][number]['settings'];

export const FIRST_SETTINGS: Settings = {
  scopes: ['profile', 'email'],
  claims: { name: 'name', email: 'email', groups: 'groups' },
  domains: [],
  groups: [],
  link: 'never',
  provision: false,
  roles: [],
  acr: [],
  amr: [],
};

type Props = { readonly value: Settings; readonly onChange: (value: Settings) => void };

/** Who a provider lets in, whom it makes, and which of its groups give which roles. */
export function SettingsFields({ value, onChange }: Props): ReactNode {
  const set = (more: Partial<Settings>): void => onChange({ ...value, ...more });
  return (
    <>
      <Part title="Who is let in">
        <div className="grid gap-3 sm:grid-cols-2">
          <Words
            label="Domains of addresses"
            hint="Only who has a verified address there; empty: anybody."
            placeholder="example.org"
            value={value.domains}
            onChange={(domains) => set({ domains })}
          />
          <Words
            label="Groups"
            hint="Only who is in one of them; empty: anybody."
            placeholder="engineering"
            value={value.groups}
            onChange={(groups) => set({ groups })}
          />
        </div>
      </Part>
      <Part title="An account that is new here">
        <Check label="makes a person at its first sign-in" checked={value.provision} onChange={(provision) => set({ provision })} />
        <Check
          label="becomes the person who has its verified address. Only where the provider alone gives out these addresses"
          checked={value.link === 'verified-address'}
          onChange={(on) => set({ link: on ? 'verified-address' : 'never' })}
        />
        {!value.provision && value.link === 'never' ? (
          <p className="text-sm text-quiet">Neither: only accounts that an admin, or the person, has linked can sign in.</p>
        ) : null}
      </Part>
      <Roles value={value.roles} onChange={(roles) => set({ roles })} />
      <details className="rounded-md border border-line p-3">
        <summary className="font-medium">Scopes, claims, and what a fresh sign-in must show</summary>
        <div className="mt-3 space-y-3">
          <Words
            label="Scopes beside openid"
            value={value.scopes}
            onChange={(scopes) => set({ scopes })}
            hint="Some providers send groups only where a scope asks for them."
          />
          <div className="grid gap-3 sm:grid-cols-3">
            {(['name', 'email', 'groups'] as const).map((claim) => (
              <Field
                key={claim}
                label={`Claim with the ${claim}`}
                maxLength={200}
                value={value.claims[claim]}
                onChange={(event) => set({ claims: { ...value.claims, [claim]: event.target.value.trim() } })}
              />
            ))}
          </div>
          <div className="grid gap-3 sm:grid-cols-2">
            <Words label="acr" hint="One of these, before production is approved." value={value.acr} onChange={(acr) => set({ acr })} />
            <Words label="amr" hint="All of these, such as mfa." value={value.amr} onChange={(amr) => set({ amr })} />
          </div>
        </div>
      </details>
    </>
  );
}

/** Why these settings can't be kept as they are, or null. */
export function settingsFault({ roles, claims }: Settings): string | null {
  if (roles.some((one) => one.group.trim() === '')) return 'a role has no group';
  return Object.values(claims).includes('') ? 'a claim has no name' : null;
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <fieldset className="min-w-0 space-y-2 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">{title}</legend>
      {children}
    </fieldset>
  );
}

type WordsProps = {
  readonly label: string;
  readonly hint?: string;
  readonly placeholder?: string;
  readonly value: readonly string[];
  readonly onChange: (value: string[]) => void;
};

/** Several words in one line, with commas between them. What is typed stays as it is typed. */
function Words({ value, onChange, ...rest }: WordsProps): ReactNode {
  const [text, setText] = useState(value.join(', '));
  return (
    <Field
      {...rest}
      autoComplete="off"
      spellCheck={false}
      maxLength={4000}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        onChange(
          event.target.value
            .split(',')
            .map((word) => word.trim())
            .filter((word) => word !== ''),
        );
      }}
    />
  );
}

type RolesProps = { readonly value: Settings['roles']; readonly onChange: (value: Settings['roles']) => void };

function Roles({ value, onChange }: RolesProps): ReactNode {
  const change = (at: number, more: Partial<Settings['roles'][number]>): void =>
    onChange(value.map((one, index) => (index === at ? { ...one, ...more } : one)));
  return (
    <Part title="Roles that groups give">
      <p className="text-sm text-quiet">Given and taken at every sign-in. Scope left empty: over everything.</p>
      {value.map((one, at) => (
        // Rows have no name of their own, and they are only added at the end.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={at} className="grid gap-2 border-t border-line pt-2 first-of-type:border-t-0 sm:grid-cols-2">
          <Field label="Group" maxLength={300} value={one.group} onChange={(event) => change(at, { group: event.target.value })} />
          <Select
            label="gives the role"
            value={one.role}
            onChange={(role) => change(at, { role: role as Role })}
            options={ROLES.map((role) => [role, role] as const)}
          />
          <div className="grid gap-2 sm:col-span-2 sm:grid-cols-[repeat(3,minmax(0,1fr))_auto] sm:items-end">
            {(['team', 'service', 'environment'] as const).map((kind) => (
              <Field
                key={kind}
                label={`Only ${kind}`}
                maxLength={63}
                value={one.on[kind] ?? ''}
                onChange={(event) => {
                  const { [kind]: _, ...others } = one.on;
                  const name = event.target.value.trim();
                  change(at, { on: name === '' ? others : { ...others, [kind]: name } });
                }}
              />
            ))}
            <Button
              kind="quiet"
              aria-label={`remove the role of ${one.group || `row ${at + 1}`}`}
              onClick={() => onChange(value.filter((_, index) => index !== at))}
            >
              Remove
            </Button>
          </div>
        </div>
      ))}
      <Button onClick={() => onChange([...value, { group: '', role: 'developer', on: {} }])}>Add a group</Button>
    </Part>
  );
}
