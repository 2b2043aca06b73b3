import { useState, type ReactNode } from 'react';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { letTerminalIn, lookAtTerminal } from '../../../../src/contract/sign-in.ts';
import { useAct } from '../../api/query.ts';
import { useMe } from '../../app/session.tsx';
import { Ago, Button, Field, Page, Panel, Problem } from '../../kit/index.ts';

/** Lets a terminal sign in as me: the code that it shows is looked up first, so that it is known what is let in. */
export default function Terminal(): ReactNode {
  const me = useMe();
  const [code, setCode] = useState('');
  const [found, setFound] = useState<AnswerOf<typeof lookAtTerminal> | null>(null);
  const [done, setDone] = useState(false);
  const look = useAct<typeof lookAtTerminal>('POST', '/v1/sign-in/terminal/look');
  const approve = useAct<typeof letTerminalIn>('POST', '/v1/sign-in/terminal/approve');
  return (
    <Page title="Sign in a terminal">
      <Panel title={done ? 'Done' : found === null ? 'Which code does it show?' : 'Is this your terminal?'}>
        {done ? (
          <p>The terminal is signed in as {me.name} in a few seconds. End it on your account page.</p>
        ) : (
          <form
            className="max-w-md space-y-3"
            onSubmit={(event) => {
              event.preventDefault();
              if (found === null) void look.act({ body: { code } }).then((answer) => answer !== null && setFound(answer));
              else void approve.act({ body: { code } }).then((answer) => answer !== null && setDone(true));
            }}
          >
            {found === null ? (
              <>
                <p>You said `ym login --browser` in a terminal. It shows a code; nobody else has any reason to send you one.</p>
                <Field
                  label="Code"
                  autoComplete="off"
                  autoFocus
                  required
                  minLength={8}
                  maxLength={20}
                  value={code}
                  onChange={(event) => setCode(event.target.value.toUpperCase())}
                />
              </>
            ) : (
              <>
                <p>
                  <bdi className="font-mono">{found.client ?? 'A program that does not say what it is'}</bdi> at{' '}
                  <bdi className="font-mono">{found.address}</bdi>, asked <Ago at={found.at} />.
                </p>
                <p>It may then do everything that you may, as {me.name}. Did you start it yourself, just now?</p>
              </>
            )}
            {look.problem === null ? null : <Problem of={look.problem} />}
            {approve.problem === null ? null : <Problem of={approve.problem} />}
            <div className="flex gap-2">
              {found === null ? null : (
                <Button large onClick={() => setFound(null)}>
                  No
                </Button>
              )}
              <Button large kind="primary" type="submit" busy={look.busy || approve.busy}>
                {found === null ? 'Look' : 'Yes, sign it in'}
              </Button>
            </div>
          </form>
        )}
      </Panel>
    </Page>
  );
}
