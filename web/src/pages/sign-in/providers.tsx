import { useState, type ReactNode } from 'react';
import type { beginSignIn, waysIn } from '../../../../src/contract/sign-in.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import { keepFlow, ownPath } from '../../app/provider-flow.ts';
import { Button, Problem } from '../../kit/index.ts';

/** A button for every provider; above them nothing, below them the password. */
export function Providers({ to }: { readonly to: unknown }): ReactNode {
  const ways = useAnswer<typeof waysIn>('/v1/sign-in', {});
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const providers = ways.data?.providers ?? [];
  if (providers.length === 0) return null;
  const go = async (provider: string): Promise<void> => {
    setBusy(provider);
    setProblem(null);
    try {
      const begun = await call<typeof beginSignIn>(
        'POST',
        '/v1/sign-in/{provider}/begin',
        { params: { provider }, body: {} },
        { plain: true },
      );
      keepFlow(begun, { purpose: 'sign-in', to: ownPath(to) });
      location.assign(begun.url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
      setBusy(null);
    }
  };
  return (
    <div className="space-y-3">
      {providers.map(({ name, title }) => (
        <Button key={name} large kind="primary" busy={busy === name} onClick={() => void go(name)}>
          Sign in with <bdi>{title}</bdi>
        </Button>
      ))}
      {problem === null ? null : <Problem of={problem} />}
      <p className="border-t border-line pt-3 text-sm text-quiet">
        {ways.data?.passwords === 'admins' ? 'Passwords are for admins alone here.' : 'Or with your password:'}
      </p>
    </div>
  );
}
