import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import type { signIn } from '../../../../src/contract/identity.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { queries } from '../../api/query.ts';
import { ownPath } from '../../app/provider-flow.ts';
import { Button, Command, Door, Field, Problem } from '../../kit/index.ts';
import { Providers } from './providers.tsx';

/** Where somebody comes in; afterwards the page that they asked for. */
export default function SignIn(): ReactNode {
  const search = useSearch({ strict: false }) as { readonly to?: unknown };
  const navigate = useNavigate();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [asksCode, setAsksCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const enter = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await call<typeof signIn>('POST', '/v1/sessions', { body: { email, password, ...(code === '' ? {} : { code }) } }, { plain: true });
      queries.clear();
      await navigate({ href: ownPath(search.to), replace: true });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.code === 'identity.code-needed') setAsksCode(true);
      else setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Door title="Sign in">
      <Providers to={search.to} />
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void enter();
        }}
      >
        <Field
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          autoFocus
          maxLength={254}
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          maxLength={200}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {asksCode ? (
          <Field
            label="Code of your authenticator"
            hint="Six digits, or one of your recovery codes."
            name="code"
            autoComplete="one-time-code"
            required
            autoFocus
            maxLength={40}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        ) : null}
        {problem === null ? null : <Problem of={problem} />}
        <Button type="submit" kind="primary" large busy={busy}>
          Sign in
        </Button>
      </form>
      <details className="text-sm text-quiet">
        <summary className="min-h-6 cursor-pointer">I can’t sign in</summary>
        <div className="space-y-2 pt-2">
          <p>An admin makes a new link for you, on the page of people or with:</p>
          <Command text="ym person invite you@example.org" />
          <p>Nobody is here yet? The server prints a link for the first admin when it starts.</p>
        </div>
      </details>
    </Door>
  );
}
