import type { ReactNode } from 'react';
import type { Verdict as VerdictWord } from '../../../src/kernel/decision.ts';
import { Icon, type IconName } from './icons.tsx';

const VERDICT: Readonly<Record<VerdictWord, string>> = {
  allow: 'text-allow bg-allow-soft',
  wait: 'text-wait bg-wait-soft',
  deny: 'text-deny bg-deny-soft',
  unknown: 'text-unknown bg-unknown-soft',
};

/** The one shape and the one word of each verdict. */
export function Verdict({ of, large = false }: { readonly of: VerdictWord; readonly large?: boolean }): ReactNode {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full font-semibold whitespace-nowrap ${VERDICT[of]} ${large ? 'px-3 py-1 text-lg' : 'px-2 py-px text-sm'}`}
    >
      <Icon name={of} size={large ? 18 : 14} />
      {of}
    </span>
  );
}

export type Reason = { readonly code: string; readonly text: string };

/** The sentences of why, as the server said them; the code for programs on hover. */
export function Reasons({ of }: { readonly of: readonly Reason[] }): ReactNode {
  return (
    <ul className="space-y-0.5">
      {of.map((reason, index) => (
        <li key={`${reason.code} ${index}`} title={reason.code}>
          {reason.text}
        </li>
      ))}
    </ul>
  );
}

export type Tone = 'plain' | 'accent' | 'allow' | 'wait' | 'deny' | 'unknown';
const TONE: Readonly<Record<Tone, string>> = {
  plain: 'text-quiet bg-sunk',
  accent: 'text-accent bg-accent-soft',
  ...VERDICT,
};

/** A short word on a ground: a state, a kind, a count. */
export function Tag({
  tone = 'plain',
  icon,
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly title?: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span title={title} className={`inline-flex max-w-full items-center gap-1 rounded px-1.5 py-px text-xs font-medium ${TONE[tone]}`}>
      {icon === undefined ? null : <Icon name={icon} size={12} />}
      <span className="clip">{children}</span>
    </span>
  );
}

/** How well known states are shown; an unlisted state is plain. */
const STATES: Readonly<Record<string, readonly [Tone, IconName | null]>> = {
  succeeded: ['allow', 'done'],
  passed: ['allow', 'done'],
  verified: ['allow', 'done'],
  approved: ['allow', 'done'],
  healthy: ['allow', 'done'],
  resolved: ['allow', 'done'],
  finished: ['allow', 'done'],
  active: ['allow', 'done'],
  running: ['accent', 'run'],
  deploying: ['accent', 'run'],
  queued: ['plain', 'wait'],
  planned: ['plain', 'wait'],
  waiting: ['wait', 'wait'],
  pending: ['wait', 'wait'],
  requested: ['wait', 'wait'],
  owed: ['wait', 'wait'],
  failed: ['deny', 'deny'],
  overdue: ['deny', 'incident'],
  'timed-out': ['deny', 'deny'],
  refused: ['deny', 'deny'],
  rejected: ['deny', 'deny'],
  revoked: ['deny', 'deny'],
  lost: ['unknown', 'unknown'],
  missing: ['unknown', 'unknown'],
  unreadable: ['unknown', 'unknown'],
  empty: ['unknown', 'unknown'],
  unknown: ['unknown', 'unknown'],
  unproven: ['unknown', 'unknown'],
  'rolled-back': ['wait', 'wait'],
  cancelled: ['plain', 'close'],
  skipped: ['plain', 'close'],
  expired: ['plain', 'close'],
};

/** The state of a thing in its own word, with a mark and a colour where it is one of the well known. */
export function State({ of, title }: { readonly of: string; readonly title?: string }): ReactNode {
  const [tone, icon] = STATES[of] ?? (['plain', null] as const);
  return (
    <Tag tone={tone} {...(icon === null ? {} : { icon })} {...(title === undefined ? {} : { title })}>
      {of.replaceAll('-', ' ')}
    </Tag>
  );
}
