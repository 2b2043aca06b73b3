import type { ReactNode } from 'react';
import { useUrl } from '../../kit/index.ts';
import { STATES, type Board } from './types.ts';

const TONE = {
  plain: 'text-quiet',
  accent: 'text-accent',
  wait: 'text-wait',
  deny: 'text-deny',
  unknown: 'text-unknown',
} as const;

/** How many services are in which state; each is a filter that can be switched on and off. */
export function States({ board }: { readonly board: Board }): ReactNode {
  const [state, set] = useUrl('state');
  const shown = STATES.filter(([name]) => board.counts[name] > 0 || name === state);
  if (shown.length === 0) return <span className="text-sm text-quiet">Everything is where it should be.</span>;
  return shown.map(([name, label, tone]) => (
    <button
      key={name}
      type="button"
      aria-pressed={name === state}
      onClick={() => set(name === state ? '' : name)}
      className="inline-flex min-h-8 items-center gap-1.5 rounded-full border border-line bg-surface px-3 text-sm hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft"
    >
      <span className={`font-semibold ${TONE[tone]}`}>{board.counts[name]}</span> {label}
    </button>
  ));
}
