import type { ReactNode } from 'react';
import { ACTIONS, ROLES, type Action } from '../../../../src/contract/actions.ts';
import type { listPeople } from '../../../../src/contract/identity.ts';
import { useAnswer } from '../../api/query.ts';
import { Empty, Filters, Icon, Loaded, Panel, Table, Tag, UrlFilter, Select, useUrl } from '../../kit/index.ts';
import { LIVE, over, type Person, type RoleOn } from './types.ts';

type Holder = { readonly id: string; readonly name: string; readonly bot: boolean; readonly held: RoleOn };

/** Who may do what: everybody who holds a role that allows an act at a place, and why. */
export function Roles(): ReactNode {
  const people = useAnswer<typeof listPeople>('/v1/people', {}, { live: LIVE });
  return (
    <div className="space-y-4">
      <Loaded of={people}>{({ items }) => <WhoMay people={items} />}</Loaded>
      <Matrix />
    </div>
  );
}

function holders(people: readonly Person[]): Holder[] {
  return people
    .filter(({ active }) => active)
    .flatMap((person) => [
      ...person.roles.map((held) => ({ id: person.id, name: person.name, bot: false, held })),
      ...person.bots
        .filter(({ active }) => active)
        .flatMap((bot) => bot.roles.map((held) => ({ id: bot.id, name: `${bot.name} (bot of ${person.name})`, bot: true, held }))),
    ]);
}

function WhoMay({ people }: { readonly people: readonly Person[] }): ReactNode {
  const [action, setAction] = useUrl('action', 'approval.give');
  const [service] = useUrl('service');
  const [environment] = useUrl('environment');
  const [team] = useUrl('team');
  const roles = (ACTIONS as Readonly<Record<string, readonly string[]>>)[action] ?? [];
  const asked: Readonly<Record<string, string>> = { team, service, environment };
  // As the server decides: every part of a role's scope must be named by what the act is about.
  const covers = ({ on }: RoleOn): boolean => Object.entries(on).every(([kind, name]) => asked[kind] === name);
  const rows = holders(people).filter(({ held }) => roles.includes(held.role) && covers(held));
  const near = holders(people).filter(({ held }) => roles.includes(held.role) && !covers(held));
  return (
    <Panel title="Who may do what" flush>
      <div className="space-y-2 p-3">
        <Filters>
          <Select label="Act" value={action} onChange={setAction} options={Object.keys(ACTIONS).map((one) => [one, one] as const)} />
          <UrlFilter name="service" label="On service" />
          <UrlFilter name="team" label="Of team" />
          <UrlFilter name="environment" label="In environment" />
        </Filters>
        <p className="text-quiet">
          {action} is held by the roles {roles.join(', ')}. Nothing named: over the whole organisation. Tokens may be narrower than their
          holder; a bot’s approval never counts.
        </p>
      </div>
      <Table
        caption={`Who may do ${action}`}
        rows={rows}
        rowKey={(row) => `${row.id} ${row.held.role} ${over(row.held.on)}`}
        empty={<Empty title="Nobody may do this there." command="ym role give bo@example.org approver" />}
        columns={[
          { key: 'who', label: 'Who', sort: (row) => row.name, cell: (row) => <bdi>{row.name}</bdi> },
          { key: 'why', label: 'Because of', cell: (row) => <Tag tone="accent">{row.held.role}</Tag> },
          { key: 'over', label: 'Held over', cell: (row) => over(row.held.on) },
        ]}
      />
      {near.length === 0 ? null : (
        <p className="border-t border-line p-3 text-sm text-quiet">
          Such a role is held elsewhere:{' '}
          {near
            .slice(0, 8)
            .map((row) => `${row.name} over ${over(row.held.on)}`)
            .join('; ')}
          {near.length > 8 ? `; and ${near.length - 8} more` : ''}
        </p>
      )}
    </Panel>
  );
}

/** The permission table as it is in force: acts down, roles across. */
function Matrix(): ReactNode {
  return (
    <Panel title="What each role allows" flush>
      <Table
        caption="What each role allows"
        rows={Object.keys(ACTIONS) as Action[]}
        rowKey={(action) => action}
        columns={[
          { key: 'act', label: 'Act', cell: (action) => <code className="text-sm">{action}</code> },
          ...ROLES.map((role) => ({
            key: role,
            label: role,
            cell: (action: Action) =>
              (ACTIONS[action] as readonly string[]).includes(role) ? (
                <span className="text-allow">
                  <Icon name="done" size={14} /> <span className="sr-only">yes</span>
                </span>
              ) : (
                <span className="text-quiet" aria-label="no">
                  –
                </span>
              ),
          })),
        ]}
      />
    </Panel>
  );
}
