import { useState, type ReactNode } from 'react';
import type { invitePerson, removeEmail } from '../../../../src/contract/account.ts';
import type { takeRole } from '../../../../src/contract/identity.ts';
import { useAct } from '../../api/query.ts';
import { useMay } from '../../app/session.tsx';
import { Button, Facts, Panel, Problem, Tag, Once } from '../../kit/index.ts';
import { GiveRole } from './give-role.tsx';
import { AddBot, AddEmail, Deactivate, EndFactor, EndSessions } from './person-acts.tsx';
import { over, type Person } from './types.ts';

type Asked = 'sessions' | 'deactivate' | 'factor' | 'email' | 'bot' | 'role' | null;

/** One person with all that acts for them, and what an admin may change. */
export function OnePerson({
  person,
  everybody,
  onClose,
}: {
  readonly person: Person;
  readonly everybody: readonly Person[];
  readonly onClose: () => void;
}): ReactNode {
  const [asked, setAsked] = useState<Asked>(null);
  const admin = useMay()('admin.people');
  const because = admin ? (person.active ? null : 'this person is deactivated') : 'it needs the role admin';
  const invite = useAct<typeof invitePerson>('POST', '/v1/people/{person}/invitation');
  const [link, setLink] = useState<{ readonly invitation: string; readonly expiresAt: string } | null>(null);
  const params = { person: person.id };
  return (
    <Panel
      title={
        <>
          <bdi>{person.name}</bdi> <span className="text-sm font-normal text-quiet">{person.id}</span>
        </>
      }
      actions={<Button kind="quiet" icon="close" aria-label="close this person" onClick={onClose} />}
    >
      <div className="space-y-4">
        <Facts
          of={[
            ['Addresses', <Emails key="e" person={person} because={because} />],
            ['Roles', <Roles key="r" person={person} because={because} />],
            [
              'Bots',
              person.bots.length === 0 ? (
                <span className="text-quiet">none</span>
              ) : (
                <ul>
                  {person.bots.map((bot) => (
                    <li key={bot.id}>
                      <bdi>{bot.name}</bdi>{' '}
                      <span className="text-quiet">
                        {bot.active ? bot.roles.map(({ role, on }) => `${role} over ${over(on)}`).join('; ') || 'no roles' : 'ended'}
                      </span>
                    </li>
                  ))}
                </ul>
              ),
            ],
            ['While away', everybody.find(({ id }) => id === person.delegate)?.name ?? 'nobody decides for them'],
            [
              'Ways in',
              `${person.sessions} sessions, ${person.tokens} tokens (with those of bots)${person.secondFactor ? ', a second factor' : ''}`,
            ],
          ]}
        />
        {invite.problem === null ? null : <Problem of={invite.problem} />}
        <div className="flex flex-wrap gap-2">
          <Button because={because} onClick={() => setAsked('role')}>
            Give a role
          </Button>
          <Button because={because} onClick={() => setAsked('email')}>
            Add an address
          </Button>
          <Button because={because} onClick={() => setAsked('bot')}>
            Add a bot
          </Button>
          <Button
            because={because}
            busy={invite.busy}
            onClick={() => void invite.act({ params, body: {} }).then((answer) => answer !== null && setLink(answer))}
          >
            New invitation
          </Button>
          <Button because={because} onClick={() => setAsked('sessions')}>
            End sessions
          </Button>
          <Button because={because ?? (person.secondFactor ? null : 'there is no second factor')} onClick={() => setAsked('factor')}>
            Take second factor away
          </Button>
          <Button kind="danger" because={because} onClick={() => setAsked('deactivate')}>
            Deactivate
          </Button>
        </div>
      </div>
      {link === null ? null : (
        <Once
          title={`A new link for ${person.name}`}
          until={link.expiresAt}
          texts={[['With it they choose a new password; older links have ended', `${location.origin}/setup#${link.invitation}`]]}
          onClose={() => setLink(null)}
        />
      )}
      {asked === 'role' ? <GiveRole holder={person.id} name={person.name} onClose={() => setAsked(null)} /> : null}
      {asked === 'email' ? <AddEmail person={person} onClose={() => setAsked(null)} /> : null}
      {asked === 'bot' ? <AddBot person={person} onClose={() => setAsked(null)} /> : null}
      {asked === 'sessions' ? <EndSessions person={person} onClose={() => setAsked(null)} /> : null}
      {asked === 'factor' ? <EndFactor person={person} onClose={() => setAsked(null)} /> : null}
      {asked === 'deactivate' ? <Deactivate person={person} onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

type Part = { readonly person: Person; readonly because: string | null };

function Emails({ person, because }: Part): ReactNode {
  const remove = useAct<typeof removeEmail>('POST', '/v1/people/{person}/emails/remove');
  return (
    <ul className="space-y-1">
      {person.emails.map((email) => (
        <li key={email} className="flex flex-wrap items-center gap-2">
          <bdi className="min-w-0">{email}</bdi>
          {person.emails.length === 1 ? null : (
            <Button
              kind="quiet"
              because={because}
              busy={remove.busy}
              aria-label={`take ${email} away`}
              onClick={() => void remove.act({ params: { person: person.id }, body: { email } })}
            >
              take away
            </Button>
          )}
        </li>
      ))}
      {remove.problem === null ? null : <Problem of={remove.problem} />}
    </ul>
  );
}

function Roles({ person, because }: Part): ReactNode {
  const take = useAct<typeof takeRole>('POST', '/v1/roles/take');
  return (
    <ul className="space-y-1">
      {person.roles.length === 0 ? <li className="text-quiet">none: this person may do nothing</li> : null}
      {person.roles.map(({ role, on }) => (
        <li key={`${role} ${over(on)}`} className="flex flex-wrap items-center gap-2">
          <Tag tone="accent">{role}</Tag> over {over(on)}
          <Button
            kind="quiet"
            because={because}
            busy={take.busy}
            aria-label={`take ${role} over ${over(on)} back`}
            onClick={() => void take.act({ body: { holder: person.id, role, on } })}
          >
            take back
          </Button>
        </li>
      ))}
      {take.problem === null ? null : <Problem of={take.problem} />}
    </ul>
  );
}
