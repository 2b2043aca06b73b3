import { useState, type ReactNode } from 'react';
import type { beginConfirm, waysIn } from '../../../../src/contract/sign-in.ts';
import type { ProblemJson } from '../../../../src/kernel/problem.ts';
import { call, Refusal } from '../../api/client.ts';
import { useAnswer } from '../../api/query.ts';
import { keepFlow } from '../../app/provider-flow.ts';
import { useMe } from '../../app/session.tsx';
import { Button, Panel, Problem } from '../../kit/index.ts';

/** The providers that I can sign in with, and linking my account at one: nothing where there is none. */
export function Accounts(): ReactNode {
  const me = useMe();
  const ways = useAnswer<typeof waysIn>('/v1/sign-in', {});
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  const providers = ways.data?.providers ?? [];
  if (providers.length === 0 && me.accounts.length === 0) return null;
  const link = async (provider: string): Promise<void> => {
    setBusy(provider);
    setProblem(null);
    try {
      const begun = await call<typeof beginConfirm>('POST', '/v1/sessions/current/provider', { body: { provider, purpose: 'link' } });
      keepFlow(begun, { purpose: 'link', to: '/account' });
      location.assign(begun.url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
      setBusy(null);
    }
  };
  return (
    <Panel title="Sign-in providers">
      <div className="space-y-2">
        <p>
          {me.provider === null ? 'I signed in with my password.' : `I signed in with ${me.provider.title}.`}{' '}
          {me.accounts.length === 0 ? 'No account elsewhere is linked to me.' : 'Linked to me:'}
        </p>
        <ul className="text-sm">
          {me.accounts.map((issuer) => (
            <li key={issuer} className="break-all">
              <bdi>{issuer}</bdi>
            </li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          {providers.map(({ name, title }) => (
            <Button key={name} busy={busy === name} onClick={() => void link(name)}>
              Link my account at <bdi>{title}</bdi>
            </Button>
          ))}
        </div>
        {problem === null ? null : <Problem of={problem} />}
      </div>
    </Panel>
  );
}
