import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { lookAtLink, setup } from '../../../../src/contract/identity.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { queries } from '../../api/query.ts';
import { Button, Door, Field, Problem, Skeleton, When } from '../../kit/index.ts';

type Look = AnswerOf<typeof lookAtLink>;
const FORM = /ym_link_[0-9a-f]{48}/;

/** The link stands behind the # of the address, which browsers send to nobody: not to us, not to a log, not to a proxy. */
function linkOfAddress(): string {
  return FORM.exec(decodeURIComponent(location.hash))?.[0] ?? '';
}

/** Becoming the first admin, or taking up an invitation. */
export default function Setup(): ReactNode {
  const [link, setLink] = useState(linkOfAddress);
  const [look, setLook] = useState<Look | null>(null);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  useEffect(() => {
    const changed = (): void => setLink(linkOfAddress());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  useEffect(() => {
    if (link === '') return;
    setProblem(null);
    call<typeof lookAtLink>('POST', '/v1/setup/look', { body: { link } }, { plain: true }).then(setLook, (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
    });
  }, [link]);
  const title = look === null ? 'Set up' : look.firstAdmin ? 'Become the first admin' : `Welcome, ${look.name ?? ''}`;
  return (
    <Door title={title}>
      {link === '' || problem !== null ? <PasteLink problem={problem} onLink={setLink} /> : null}
      {link !== '' && problem === null && look === null ? <Skeleton lines={4} /> : null}
      {look !== null && problem === null ? <Choose link={link} look={look} /> : null}
    </Door>
  );
}

function PasteLink({ problem, onLink }: { readonly problem: ProblemJson | null; readonly onLink: (link: string) => void }): ReactNode {
  const [text, setText] = useState('');
  const found = FORM.exec(text)?.[0];
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (found !== undefined) onLink(found);
      }}
    >
      {problem === null ? null : <Problem of={problem} />}
      <Field
        label="The link that you were given"
        hint="It begins with ym_link_. The server prints one for the first admin when it starts empty."
        autoComplete="off"
        spellCheck={false}
        maxLength={500}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" kind="primary" large because={found === undefined ? 'it is no whole link yet' : null}>
        Go on
      </Button>
    </form>
  );
}

function Choose({ link, look }: { readonly link: string; readonly look: Look }): ReactNode {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      const who = look.firstAdmin ? { name: name.trim(), email: email.trim() } : {};
      await call<typeof setup>(
        'POST',
        '/v1/setup',
        { body: { link, password, ...who, ...(look.secondFactor ? { code } : {}) } },
        { plain: true },
      );
      queries.clear();
      await navigate({ to: '/', replace: true });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void send();
      }}
    >
      <p className="text-quiet">
        {look.firstAdmin
          ? 'This instance is empty. You will be able to do everything, and to invite others. '
          : 'Choose a password, and you are in. '}
        The link is good once, until <When at={look.expiresAt} />.
      </p>
      {look.firstAdmin ? (
        <>
          <Field
            label="Your name"
            name="name"
            autoComplete="name"
            required
            autoFocus
            maxLength={300}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Field
            label="Your e-mail"
            hint="The one you commit with: approvals look at who wrote a change."
            name="email"
            type="email"
            autoComplete="username"
            required
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </>
      ) : (
        <input type="text" autoComplete="username" value={look.name ?? ''} readOnly hidden />
      )}
      <Field
        label="Password"
        hint={
          password === '' || password.length >= 12
            ? '12 characters or more; a few words are easier than signs.'
            : `${12 - password.length} more characters`
        }
        name="password"
        type={shown ? 'text' : 'password'}
        autoComplete="new-password"
        required
        minLength={12}
        maxLength={200}
        autoFocus={!look.firstAdmin}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {look.secondFactor ? (
        <Field
          label="Code of your authenticator"
          hint="Six digits, or one of your recovery codes."
          autoComplete="one-time-code"
          required
          maxLength={40}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      ) : null}
      {problem === null ? null : <Problem of={problem} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" kind="primary" large busy={busy}>
          {look.firstAdmin ? 'Become admin' : 'Set password and go in'}
        </Button>
        <Button kind="quiet" large onClick={() => setShown(!shown)} aria-pressed={shown}>
          {shown ? 'Hide password' : 'Show password'}
        </Button>
      </div>
    </form>
  );
}
