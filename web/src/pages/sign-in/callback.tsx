import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import type { finishConfirm, finishLink, finishSignIn } from '../../../../src/contract/sign-in.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { queries } from '../../api/query.ts';
import { ownPath, sayProved, takeFlow, type Kept } from '../../app/provider-flow.ts';
import { Door, Problem, Skeleton } from '../../kit/index.ts';

const GONE: ProblemJson = {
  type: 'urn:yardmaster:problem:identity.sign-in-gone',
  title: 'This browser did not begin this sign-in, or it was finished already.',
  status: 403,
  code: 'identity.sign-in-gone',
  remedy: 'Begin again, and stay in this browser.',
};

/** Where a provider sends the browser back to: finishes what was begun here, and goes on to where it was meant for. */
export default function Callback(): ReactNode {
  const navigate = useNavigate();
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const [said, setSaid] = useState(false);
  const began = useRef(false);
  useEffect(() => {
    // Once: the answer of a provider is good once, and React may call this twice.
    if (began.current) return;
    began.current = true;
    const response = location.search.slice(1);
    // The code leaves the address, and so the history, before anything else.
    history.replaceState(null, '', '/sign-in/callback');
    const kept = takeFlow(new URLSearchParams(response).get('state') ?? '');
    if (kept === null) return setProblem(GONE);
    void finish(kept, response)
      .then(() => {
        queries.clear();
        if (kept.to !== null) return navigate({ href: ownPath(kept.to), replace: true });
        sayProved();
        setSaid(true);
        return window.close();
      })
      .catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
        setProblem(error.problem);
      });
  }, [navigate]);
  return (
    <Door title={said ? 'It is you' : problem === null ? 'Signing in' : 'Not signed in'}>
      {problem !== null ? (
        <>
          <Problem of={problem} />
          <p>
            <Link to="/sign-in">Sign in</Link>
          </p>
        </>
      ) : said ? (
        <p>Close this window, and go on in the other one.</p>
      ) : (
        <Skeleton lines={3} />
      )}
    </Door>
  );
}

async function finish({ purpose, secret }: Kept, response: string): Promise<void> {
  const body = { secret, response };
  const plain = { plain: true } as const;
  if (purpose === 'sign-in') await call<typeof finishSignIn>('POST', '/v1/sign-in/finish', { body }, plain);
  else if (purpose === 'confirm') await call<typeof finishConfirm>('POST', '/v1/sessions/current/provider/confirm', { body }, plain);
  else await call<typeof finishLink>('POST', '/v1/sessions/current/provider/link', { body }, plain);
}
