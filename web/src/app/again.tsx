import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { confirmIdentity } from '../../../src/contract/account.ts';
import type { signIn } from '../../../src/contract/identity.ts';
import type { ProblemJson } from '../../../src/kernel/problem.ts';
import { call, Refusal, whenProofNeeded, type ProofWhy } from '../api/client.ts';
import { everythingMayHaveChanged } from '../api/query.ts';
import { Button, Dialog, Field, Problem } from '../kit/index.ts';
import { ConfirmByProvider } from './confirm-by-provider.tsx';
import { goLive } from './live.ts';
import type { Me } from './session.tsx';

type Asked = { readonly why: ProofWhy; readonly settle: (proved: boolean) => void };

/**
 * Asks for the password over the page, where the session has ended or an act needs a fresh one. What was typed stays,
 * and the act that was refused is sent again by itself.
 */
export function SignInAgain({ me }: { readonly me: Me }): ReactNode {
  const [asked, setAsked] = useState<readonly Asked[]>([]);
  useEffect(() => whenProofNeeded((why) => new Promise((settle) => setAsked((before) => [...before, { why, settle }]))), []);
  const first = asked[0];
  if (first === undefined) return null;
  const end = (proved: boolean): void => {
    setAsked([]);
    for (const { settle } of asked) settle(proved);
    if (proved) {
      everythingMayHaveChanged();
      goLive();
    }
  };
  return <Prove me={me} why={asked.some(({ why }) => why === 'ended') ? 'ended' : 'fresh'} onEnd={end} />;
}

function Prove({ me, why, onEnd }: { readonly me: Me; readonly why: ProofWhy; readonly onEnd: (proved: boolean) => void }): ReactNode {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const onProved = useCallback(() => onEnd(true), [onEnd]);
  const needsCode = problem?.code === 'identity.code-needed' || code !== '';
  const prove = async (): Promise<void> => {
    setBusy(true);
    try {
      const more = code === '' ? {} : { code };
      if (why === 'fresh')
        await call<typeof confirmIdentity>('POST', '/v1/sessions/current/confirm', { body: { password, ...more } }, { plain: true });
      else {
        const opened = await call<typeof signIn>('POST', '/v1/sessions', { body: { email, password, ...more } }, { plain: true });
        // Somebody else sits here now: nothing that the other one began is done in their name.
        if (opened.person !== me.person) return location.assign('/');
      }
      onEnd(true);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.code === 'identity.not-signed-in') return location.reload();
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={why === 'fresh' ? 'Is it still you?' : 'You were signed out'} onClose={() => onEnd(false)}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void prove();
        }}
      >
        {why === 'fresh' && me.provider !== null ? <ConfirmByProvider provider={me.provider} onProved={onProved} /> : null}
        <p>
          {why === 'fresh' && me.provider !== null
            ? 'This act needs a sign-in that is younger. Sign in anew with your provider in the window that opens, and it is done; nothing you typed is lost. Who has a password here may use it instead:'
            : why === 'fresh'
              ? 'This act needs a sign-in that is younger. Give your password, and it is done; nothing you typed is lost.'
              : 'Your session has ended. Sign in again to go on where you were; nothing you typed is lost.'}
        </p>
        {why === 'fresh' ? (
          <input type="text" autoComplete="username" value={me.name} readOnly hidden />
        ) : (
          <Field
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          autoFocus={why === 'fresh'}
          maxLength={200}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {needsCode ? (
          <Field
            label="Code of your authenticator"
            hint="Six digits, or one of your recovery codes."
            autoComplete="one-time-code"
            autoFocus
            maxLength={40}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        ) : null}
        {problem === null || (problem.code === 'identity.code-needed' && code === '') ? null : <Problem of={problem} />}
        <div className="flex justify-end gap-2">
          <Button large onClick={() => onEnd(false)}>
            Leave it
          </Button>
          <Button large kind="primary" type="submit" busy={busy}>
            {why === 'fresh' ? 'It is me' : 'Sign in'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
