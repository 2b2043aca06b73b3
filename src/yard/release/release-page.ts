import type { Standing as Verified } from '../../environments/verification.ts';
import { stepsOf, type Deployment } from '../../deployments/deployment.ts';
import { isOver } from '../../deployments/states.ts';
import { describeStep, type Step } from '../../deployments/strategy.ts';

/** Standards that are written like tickets. */
const NO_TICKETS = /^(?:UTF|SHA|ISO|RFC|CVE|CWE|AES|MD|HTTP|TLS|ES|GPT)-/;

/** Keys of tickets in commit subjects: `SHOP-12`, `#34`; each once, in the order they come. */
export function ticketsIn(subjects: readonly (string | null)[]): string[] {
  const found = subjects.flatMap((subject) => (subject ?? '').match(/\b[A-Z][A-Z0-9]{1,9}-\d{1,7}\b|(?<![\w&])#\d{1,7}\b/g) ?? []);
  return [...new Set(found.filter((key) => !NO_TICKETS.test(key)))].slice(0, 200);
}

/**
 * Where a commit can be looked at on its forge, as most forges write it; null where the repository is not reached over
 * http. Whatever else stands in the address (a user, a password, a query) is left out.
 */
export function commitUrl(repository: string | null, commit: string): string | null {
  if (repository === null || !/^[0-9a-f]{40,64}$/.test(commit)) return null;
  let url: URL;
  try {
    url = new URL(repository);
  } catch {
    return null;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')}/commit/${commit}`;
}

export type StepLine = { kind: string; text: string; state: 'done' | 'now' | 'later' | 'left' };

/** The steps of a deployment with where it stands: what is behind, at hand, ahead, and what it never came to. */
export function stepLines(row: Pick<Deployment, 'plan' | 'step' | 'back' | 'backStep' | 'state' | 'recorded'>): {
  readonly steps: StepLine[];
  readonly back: StepLine[] | null;
} {
  const over = isOver(row.state);
  const lines = (steps: readonly Step[], at: number, walking: boolean, ended: boolean): StepLine[] =>
    steps.map((step, index) => ({
      kind: step.kind,
      text: describeStep(step),
      state: index < at ? 'done' : walking ? (index === at ? 'now' : 'later') : ended ? 'done' : 'left',
    }));
  const { at } = stepsOf(row);
  return {
    steps: lines(row.plan, row.step, !over && row.back === null, row.state === 'succeeded'),
    back: row.back === null ? null : lines(row.back, at, !over, row.state === 'rolled-back'),
  };
}

/** One word for how a release stands in an environment. */
export function verifiedWord({ verified, since, failed, revoked }: Verified): {
  state: 'verified' | 'failed' | 'revoked' | 'open';
  at: string | null;
} {
  if (revoked.length > 0) return { state: 'revoked', at: null };
  if (failed.length > 0) return { state: 'failed', at: null };
  return verified ? { state: 'verified', at: since } : { state: 'open', at: null };
}
