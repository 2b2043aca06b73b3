import { useState, type ReactNode } from 'react';
import type { confirmSecondFactor, endSecondFactor, getSecondFactor, startSecondFactor } from '../../../../src/contract/account.ts';
import { useAct, useAnswer } from '../../api/query.ts';
import { Ask, Button, Command, Dialog, Field, Loaded, Panel, Problem, Tag, When } from '../../kit/index.ts';

/** A code of an authenticator beside the password. */
export function SecondFactor(): ReactNode {
  const factor = useAnswer<typeof getSecondFactor>('/v1/me/second-factor', {}, { live: ['person'] });
  const [asked, setAsked] = useState<'begin' | 'end' | null>(null);
  return (
    <Panel title="Second factor">
      <Loaded of={factor} lines={2}>
        {({ confirmedAt, codesLeft }) => (
          <div className="flex flex-wrap items-center gap-3">
            {confirmedAt === null ? (
              <>
                <Tag tone="wait" icon="wait">
                  none
                </Tag>
                <span className="min-w-0 flex-1 text-quiet">Whoever has my password is me. An authenticator on my phone mends that.</span>
                <Button onClick={() => setAsked('begin')}>Set one up</Button>
              </>
            ) : (
              <>
                <Tag tone="allow" icon="done">
                  on
                </Tag>
                <span className="min-w-0 flex-1 text-quiet">
                  since <When at={confirmedAt} />; {codesLeft} recovery codes left
                </span>
                <Button kind="danger" onClick={() => setAsked('end')}>
                  Take it away
                </Button>
              </>
            )}
          </div>
        )}
      </Loaded>
      {asked === 'begin' ? <Begin onClose={() => setAsked(null)} /> : null}
      {asked === 'end' ? <End onClose={() => setAsked(null)} /> : null}
    </Panel>
  );
}

function Begin({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [secret, setSecret] = useState<{ readonly secret: string; readonly uri: string } | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const start = useAct<typeof startSecondFactor>('POST', '/v1/me/second-factor');
  const confirm = useAct<typeof confirmSecondFactor>('POST', '/v1/me/second-factor/confirm');
  if (codes !== null)
    return (
      <Dialog title="Keep these recovery codes" onClose={onClose}>
        <p>Each lets me in once when the authenticator is gone. They are shown this once: print them, or keep them where passwords are.</p>
        <Command text={codes.join('\n')} />
        <div className="flex justify-end">
          <Button kind="primary" large onClick={onClose}>
            I have them
          </Button>
        </div>
      </Dialog>
    );
  return (
    <Dialog title="Set up a second factor" onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (secret === null) void start.act({ body: { password } }).then((answer) => answer !== null && setSecret(answer));
          else void confirm.act({ body: { code } }).then((answer) => answer !== null && setCodes(answer.recoveryCodes));
        }}
      >
        {secret === null ? (
          <>
            <p>First prove that it is you.</p>
            <Field
              label="Password"
              type="password"
              autoComplete="current-password"
              required
              autoFocus
              maxLength={200}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </>
        ) : (
          <>
            <p>
              Add an account by key to the authenticator (time based, six digits), or <a href={secret.uri}>open it on this device</a>. Then
              type the code that it shows.
            </p>
            <Command text={(secret.secret.match(/.{1,4}/g) ?? []).join(' ')} />
            <Field
              label="Code"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              autoFocus
              maxLength={10}
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </>
        )}
        {[start.problem, confirm.problem].map((problem) => (problem === null ? null : <Problem key={problem.code} of={problem} />))}
        <div className="flex justify-end gap-2">
          <Button large onClick={onClose}>
            Leave it
          </Button>
          <Button large kind="primary" type="submit" busy={start.busy || confirm.busy}>
            {secret === null ? 'Go on' : 'Switch it on'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function End({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const end = useAct<typeof endSecondFactor>('POST', '/v1/me/second-factor/end');
  return (
    <Ask
      title="Take the second factor away"
      says="From now on my password alone lets anybody in."
      does="Take it away"
      danger
      reason="none"
      busy={end.busy}
      problem={end.problem}
      ready={password !== '' && code.length >= 6}
      onDo={() => void end.act({ body: { password, code } }).then((answer) => answer !== null && onClose())}
      onClose={onClose}
    >
      <Field
        label="Password"
        type="password"
        autoComplete="current-password"
        autoFocus
        maxLength={200}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Field label="Code" autoComplete="one-time-code" maxLength={40} value={code} onChange={(event) => setCode(event.target.value)} />
    </Ask>
  );
}
