import { useState, type ReactNode } from 'react';
import type { changePassword } from '../../../../src/contract/account.ts';
import { useAct } from '../../api/query.ts';
import { Button, Field, Panel, Problem } from '../../kit/index.ts';

/** A new password; whoever is signed in elsewhere as me is not any more. */
export function Password(): ReactNode {
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const [code, setCode] = useState('');
  const [ended, setEnded] = useState<number | null>(null);
  const change = useAct<typeof changePassword>('PUT', '/v1/me/password');
  const needsCode = change.problem?.code === 'identity.code-needed' || code !== '';
  return (
    <Panel title="Password">
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          setEnded(null);
          void change.act({ body: { password, next, ...(code === '' ? {} : { code }) } }).then((answer) => {
            if (answer === null) return;
            setEnded(answer.ended);
            for (const clear of [setPassword, setNext, setCode]) clear('');
          });
        }}
      >
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label="Password now"
            type="password"
            autoComplete="current-password"
            required
            maxLength={200}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Field
            label="New password"
            type="password"
            autoComplete="new-password"
            hint="12 characters or more"
            required
            minLength={12}
            maxLength={200}
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
        </div>
        {needsCode ? (
          <Field
            label="Code of your authenticator"
            autoComplete="one-time-code"
            maxLength={40}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        ) : null}
        {change.problem === null ? null : <Problem of={change.problem} />}
        {ended === null ? null : (
          <p role="status" className="text-allow">
            Changed. {ended} other sessions ended.
          </p>
        )}
        <Button type="submit" busy={change.busy}>
          Change password
        </Button>
      </form>
    </Panel>
  );
}
