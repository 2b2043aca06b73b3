import type { z } from 'zod';
import type { inboxItem } from '../../contract/inbox.ts';
import { formatDuration } from '../../kernel/time.ts';

export type Item = z.infer<typeof inboxItem>;

/** Where, in words: `shop in prod`. */
export function placeWords(of: { readonly service: string | null; readonly environment: string | null }): string {
  return [of.service ?? 'the organisation', ...(of.environment === null ? [] : [`in ${of.environment}`])].join(' ');
}

type Made = Pick<Item, 'kind' | 'title' | 'why' | 'otherwise'>;

/** An approval that can be given: what it is about, and what a silence does. */
export function approvalWords(of: { version: string; service: string; environment: string; waits: boolean; votesLast: number }): Made {
  return {
    kind: 'approval',
    title: `Approve ${of.service} ${of.version} for ${of.environment}`,
    why: of.waits ? 'Its deployment waits for your answer.' : 'It will need your answer before it can be deployed.',
    otherwise: `It goes on waiting. An approval that is given counts for ${formatDuration(of.votesLast)}, so another may end meanwhile.`,
  };
}

/** A deployment that ended badly, or that nobody knows the end of. */
export function deploymentWords(of: {
  version: string;
  service: string;
  environment: string;
  state: string;
  cause: string;
  runs: string | null;
}): Made {
  const { state, version } = of;
  const place = placeWords(of);
  if (state === 'unknown')
    return {
      kind: 'deployment',
      title: `${version} to ${place}: contact was lost`,
      why: of.cause,
      otherwise: 'It is asked of the agent as soon as the agent is back; until then nothing else is deployed there.',
    };
  const now = of.runs === null ? 'nothing runs there' : `${of.runs} serves`;
  return {
    kind: 'deployment',
    title: state === 'failed' ? `${version} to ${place} failed` : `${version} to ${place} went back by itself`,
    why: of.cause,
    otherwise: `Nothing more is tried: ${now} until somebody decides.`,
  };
}

export function glassWords(of: {
  version: string;
  service: string;
  environment: string;
  first: string;
  left: number;
  timeBox: number;
}): Made {
  return {
    kind: 'break-glass',
    title: `Break glass: ${of.service} ${of.version} to ${of.environment}`,
    why: `${of.first} asks to ship now and answer for it afterwards; ${of.left === 1 ? 'one more person is' : `${of.left} more persons are`} needed.`,
    otherwise: `The request lapses ${formatDuration(of.timeBox)} after it was made, and nothing is suspended.`,
  };
}

export function verifyWords(of: { version: string; service: string; environment: string }): Made {
  return {
    kind: 'verification',
    title: `Look at ${of.service} ${of.version} in ${of.environment}`,
    why: 'The policy asks that a person says whether it is right there.',
    otherwise: 'It stays unverified, and goes no further than here.',
  };
}

export function checklistWords(of: { version: string; service: string; environment: string; items: number }): Made {
  return {
    kind: 'checklist',
    title: `Checklist of ${of.service} ${of.version} for ${of.environment}`,
    why: of.items === 1 ? 'One item is not answered.' : `${of.items} items are not answered.`,
    otherwise: 'It is not deployed until each item has a yes.',
  };
}

export function waiverWords(of: {
  kind: string;
  state: 'requested' | 'approved';
  subject: string;
  service: string | null;
  environment: string | null;
  can: 'decide' | 'pay' | 'renew' | 'nothing';
  overdue: boolean;
}): Made {
  const place = placeWords(of);
  if (of.kind === 'debt')
    return {
      kind: 'review',
      title: `Review after a break-glass: ${place}`,
      why: of.can === 'pay' ? `${of.subject}.` : `${of.subject}. You owe it; another person has to review it.`,
      otherwise: of.overdue
        ? 'It is overdue, and the next standard release of the team is denied until it is done.'
        : 'The next standard release of the team is denied until it is done.',
    };
  if (of.state === 'requested')
    return {
      kind: 'waiver',
      title: `Waiver asked for: ${of.kind}, ${place}`,
      why: `To suspend ${of.subject} for a while.`,
      otherwise: 'The rule goes on blocking, and the request lapses at its end.',
    };
  return {
    kind: 'expiring',
    title: `A waiver ends: ${of.kind}, ${place}`,
    why: `It suspends ${of.subject}.`,
    otherwise: 'The rule blocks again by itself.',
  };
}

export function parkedWords(count: number): Made {
  return {
    kind: 'parked',
    title: count === 1 ? 'One job was given up' : `${count} jobs were given up`,
    why: 'They failed as often as they are tried.',
    otherwise: 'What they were to do stays undone, unless a sweep finds its row again.',
  };
}

const ORDER: readonly Item['kind'][] = [
  'break-glass',
  'deployment',
  'approval',
  'checklist',
  'verification',
  'waiver',
  'review',
  'parked',
  'expiring',
];

/** What blocks people first, and within a kind what waits longest. */
export function inOrder(items: readonly Item[]): Item[] {
  return items.toSorted(
    (a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.since < b.since ? -1 : a.since > b.since ? 1 : a.id < b.id ? -1 : 1),
  );
}
