import { useEffect, useState, type ReactNode } from 'react';
import type { beginConfirm } from '../../../src/contract/sign-in.ts';
import type { ProblemJson } from '../../../src/kernel/problem.ts';
import { call, Refusal } from '../api/client.ts';
import { Button, Problem } from '../kit/index.ts';
import { keepFlow, whenProved } from './provider-flow.ts';

/** Proves who sits here with their provider, in a window of its own: what they typed on the page stays. */
export function ConfirmByProvider({
  provider,
  onProved,
}: {
  readonly provider: { readonly name: string; readonly title: string };
  readonly onProved: () => void;
}): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemJson | null>(null);
  useEffect(() => whenProved(onProved), [onProved]);
  const go = async (): Promise<void> => {
    // Opened before anything is waited for: a window that a click did not open is blocked.
    const opened = window.open('about:blank', '_blank', 'popup,width=520,height=720');
    setBusy(true);
    setProblem(null);
    try {
      const body = { provider: provider.name, purpose: 'confirm' as const };
      const begun = await call<typeof beginConfirm>('POST', '/v1/sessions/current/provider', { body }, { plain: true });
      keepFlow(begun, { purpose: 'confirm', to: opened === null ? location.pathname + location.search : null });
      if (opened === null) location.assign(begun.url);
      else opened.location.assign(begun.url);
    } catch (error) {
      opened?.close();
      if (!(error instanceof Refusal)) throw error;
      setProblem(error.problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="space-y-3">
      <Button large kind="primary" busy={busy} onClick={() => void go()}>
        Sign in again with <bdi>{provider.title}</bdi>
      </Button>
      {problem === null ? null : <Problem of={problem} />}
    </div>
  );
}
