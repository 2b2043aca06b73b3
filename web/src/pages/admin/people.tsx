import { useState, type ReactNode } from 'react';
import type { addPerson, listPeople } from '../../../../src/contract/identity.ts';
import { ROLES } from '../../../../src/contract/actions.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import {
  Ago,
  Button,
  Dialog,
  Empty,
  Field,
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
  Once,
} from '../../kit/index.ts';
import { OnePerson } from './person.tsx';
import { LIVE, over, type Person } from './types.ts';

/** Everybody: who they are, by which addresses, what they may do, and whether they can come in. */
export function People(): ReactNode {
  const people = useAnswer<typeof listPeople>('/v1/people', {}, { live: LIVE });
  const [chosen, choose] = useUrl('person');
  const [adding, setAdding] = useState(false);
  const may = useMay();
  return (
    <Loaded of={people}>
      {({ items }) => {
        const one = items.find(({ id }) => id === chosen);
        return (
          <div className="space-y-4">
            {one === undefined ? null : <OnePerson key={one.id} person={one} everybody={items} onClose={() => choose('')} />}
            <Panel
              title={`People (${items.filter(({ active }) => active).length} active)`}
              flush
              actions={
                <Button kind="primary" onClick={() => setAdding(true)} because={may('admin.people') ? null : 'it needs the role admin'}>
                  Invite somebody
                </Button>
              }
            >
              <div className="p-3">
                <Filters>
                  <UrlFilter name="q" label="Name or address" />
                  <UrlSelect name="role" label="Role" options={[['', 'any'], ...ROLES.map((role) => [role, role] as const)]} />
                  <UrlSelect
                    name="state"
                    label="State"
                    options={[
                      ['', 'any'],
                      ['active', 'active'],
                      ['invited', 'not come yet'],
                      ['inactive', 'deactivated'],
                    ]}
                  />
                </Filters>
              </div>
              <Rows items={items} onChoose={choose} />
            </Panel>
            {adding ? <Invite onClose={() => setAdding(false)} /> : null}
          </div>
        );
      }}
    </Loaded>
  );
}

function stateOf(person: Person): 'active' | 'invited' | 'inactive' {
  return !person.active ? 'inactive' : person.hasPassword ? 'active' : 'invited';
}

function Rows({ items, onChoose }: { readonly items: readonly Person[]; readonly onChoose: (id: string) => void }): ReactNode {
  const [text] = useUrl('q');
  const [role] = useUrl('role');
  const [state] = useUrl('state');
  const [chosen] = useUrl('person');
  const wanted = text.toLowerCase();
  const rows = items.filter(
    (person) =>
      (wanted === '' || [person.name, ...person.emails].some((word) => word.toLowerCase().includes(wanted))) &&
      (role === '' || person.roles.some((held) => held.role === role)) &&
      (state === '' || stateOf(person) === state),
  );
  return (
    <Table
      caption="People"
      rows={rows.slice(0, 500)}
      rowKey={(person) => person.id}
      marked={chosen}
      empty={<Empty title="Nobody like that." command='ym person add "Bo" --email bo@example.org --role developer' />}
      columns={[
        {
          key: 'name',
          label: 'Name',
          sort: (person) => person.name,
          cell: (person) => (
            <button type="button" className="min-h-6 text-left font-medium text-accent hover:underline" onClick={() => onChoose(person.id)}>
              <bdi>{person.name}</bdi>
            </button>
          ),
        },
        {
          key: 'state',
          label: 'State',
          sort: stateOf,
          cell: (person) =>
            stateOf(person) === 'active' ? (
              <Tag tone="allow" icon="done">
                active
              </Tag>
            ) : stateOf(person) === 'invited' ? (
              <Tag tone="wait" icon="wait">
                not come yet
              </Tag>
            ) : (
              <Tag icon="close">deactivated</Tag>
            ),
        },
        { key: 'emails', label: 'Addresses', wide: true, breaks: true, cell: (person) => <bdi>{person.emails.join(', ')}</bdi> },
        {
          key: 'roles',
          label: 'Roles',
          cell: (person) => (
            <span className="flex flex-wrap gap-1">
              {person.roles.length === 0 ? <span className="text-quiet">none</span> : null}
              {person.roles.map(({ role: held, on }) => (
                <Tag key={`${held} ${over(on)}`} tone={held === 'admin' ? 'accent' : 'plain'} title={`${held} over ${over(on)}`}>
                  {held}
                  {Object.keys(on).length === 0 ? '' : ` · ${over(on)}`}
                </Tag>
              ))}
            </span>
          ),
        },
        {
          key: 'factor',
          label: 'Second factor',
          wide: true,
          cell: (person) =>
            person.secondFactor ? (
              <Tag tone="allow" icon="done">
                yes
              </Tag>
            ) : (
              <span className="text-quiet">no</span>
            ),
        },
        { key: 'in', label: 'Sessions', right: true, wide: true, sort: (person) => person.sessions, cell: (person) => person.sessions },
        {
          key: 'seen',
          label: 'Last seen',
          sort: (person) => person.lastSeenAt ?? '',
          cell: (person) => (person.lastSeenAt === null ? <span className="text-quiet">never</span> : <Ago at={person.lastSeenAt} />),
        },
      ]}
    />
  );
}

function Invite({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState('developer');
  const add = useAct<typeof addPerson>('POST', '/v1/people');
  const [made, setMade] = useState<{ readonly invitation: string; readonly expiresAt: string } | null>(null);
  if (made !== null) {
    return (
      <Once
        title={`The invitation of ${name}`}
        until={made.expiresAt}
        texts={[
          ['Send them this link: with it they choose a password', `${location.origin}/setup#${made.invitation}`],
          ['Or for a terminal', `ym setup --url ${location.origin} --link ${made.invitation}`],
        ]}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog title="Invite somebody" onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          const roles = role === '' ? [] : [{ role: role as 'viewer', on: {} }];
          void add.act({ body: { name: name.trim(), emails: [email.trim()], roles } }).then((answer) => answer !== null && setMade(answer));
        }}
      >
        <Field label="Name" required autoFocus maxLength={300} value={name} onChange={(event) => setName(event.target.value)} />
        <Field
          label="E-mail"
          type="email"
          hint="The one they commit with: approvals look at who wrote a change."
          required
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Select
          label="Role over everything"
          value={role}
          onChange={setRole}
          hint="Narrower roles are given afterwards, on the page of the person."
          options={[['', 'none yet'], ...ROLES.map((one) => [one, one] as const)]}
        />
        {add.problem === null ? null : <Problem of={add.problem} />}
        <div className="flex justify-end gap-2">
          <Button large onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" kind="primary" large busy={add.busy}>
            Make the invitation
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
