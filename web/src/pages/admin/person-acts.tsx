import { useState, type ReactNode } from 'react';
import type { endPersonSecondFactor, endPersonSessions } from '../../../../src/contract/account.ts';
import type { addBot, addEmail, deactivatePerson } from '../../../../src/contract/identity.ts';
import { useAct } from '../../api/query.ts';
import { Ask, Check, Field } from '../../kit/index.ts';
import type { Person } from './types.ts';

type Act = { readonly person: Person; readonly onClose: () => void };

export function AddEmail({ person, onClose }: Act): ReactNode {
  const [email, setEmail] = useState('');
  const add = useAct<typeof addEmail>('POST', '/v1/people/{person}/emails');
  return (
    <Ask
      title={`A further address of ${person.name}`}
      says="Commits and sign-ins by this address count as this person from now on: for who wrote a change, and so for who may approve it."
      does="Add it"
      reason="none"
      busy={add.busy}
      problem={add.problem}
      ready={email.includes('@')}
      onDo={() =>
        void add.act({ params: { person: person.id }, body: { email: email.trim() } }).then((answer) => answer !== null && onClose())
      }
      onClose={onClose}
    >
      <Field label="E-mail" type="email" autoFocus maxLength={254} value={email} onChange={(event) => setEmail(event.target.value)} />
    </Ask>
  );
}

export function AddBot({ person, onClose }: Act): ReactNode {
  const [name, setName] = useState('');
  const add = useAct<typeof addBot>('POST', '/v1/bots');
  return (
    <Ask
      title={`A bot that ${person.name} answers for`}
      says="It acts with tokens of its own and the roles that it is given. Its approvals never count, and it ends with its owner."
      does="Add the bot"
      reason="none"
      busy={add.busy}
      problem={add.problem}
      ready={/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name)}
      onDo={() => void add.act({ body: { name, owner: person.id } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Field
        label="Name"
        hint="Lower-case letters, digits and dashes."
        autoFocus
        maxLength={63}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
    </Ask>
  );
}

export function EndSessions({ person, onClose }: Act): ReactNode {
  const [tokens, setTokens] = useState(false);
  const end = useAct<typeof endPersonSessions>('POST', '/v1/people/{person}/end-sessions');
  return (
    <Ask
      title={`End the sessions of ${person.name}`}
      says={`${person.sessions} sessions end now, on every server. They can sign in again with their password.`}
      does="End them"
      danger
      busy={end.busy}
      problem={end.problem}
      onDo={(reason) =>
        void end.act({ params: { person: person.id }, body: { tokens, reason } }).then((answer) => answer !== null && onClose())
      }
      onClose={onClose}
    >
      <Check
        label={`Their ${person.tokens} tokens and those of their bots too: what uses these stops`}
        checked={tokens}
        onChange={setTokens}
      />
    </Ask>
  );
}

export function EndFactor({ person, onClose }: Act): ReactNode {
  const end = useAct<typeof endPersonSecondFactor>('POST', '/v1/people/{person}/second-factor/end');
  return (
    <Ask
      title={`Take away the second factor of ${person.name}`}
      says="They sign in with their password alone until they set up a new one. All their sessions end now. Make sure that it is really them who asks."
      does="Take it away"
      danger
      busy={end.busy}
      problem={end.problem}
      onDo={(reason) => void end.act({ params: { person: person.id }, body: { reason } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}

export function Deactivate({ person, onClose }: Act): ReactNode {
  const end = useAct<typeof deactivatePerson>('POST', '/v1/people/{person}/deactivate');
  const bots = person.bots.filter(({ active }) => active).length;
  return (
    <Ask
      title={`Deactivate ${person.name}`}
      says={`${person.sessions} sessions, ${person.tokens} tokens and ${bots} bots end now, on every server, for good. What they did stays on record, and rules about who wrote a change still know them. There is no way back but a new person.`}
      does="Deactivate"
      danger
      reason="none"
      busy={end.busy}
      problem={end.problem}
      onDo={() => void end.act({ params: { person: person.id }, body: {} }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    />
  );
}
