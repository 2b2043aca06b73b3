import type { Words } from '../releases/answer-words.ts';
import type { Message } from './notice.ts';

/** What is told, in the words of the screens. Times stand in them as RFC 3339 in UTC. */

export type OfRelease = { readonly id: string; readonly service: string; readonly version: string };
const at = (release: OfRelease, environment?: string): string =>
  `/releases/${release.id}${environment === undefined ? '' : `?environment=${environment}`}`;

/** An approval is asked of a person. */
export function askedWords(release: OfRelease, environment: string, words: Words, requestedBy: string | null): Message {
  const by = requestedBy === null ? '' : `, asked for by ${requestedBy}`;
  return {
    kind: 'asked',
    subject: `Approve ${release.service} ${release.version} for ${environment}`,
    lines: [`Its deployment waits for your answer${by}.`, words.headline, ...words.missing],
    link: at(release, environment),
  };
}

/** It is still asked of them. */
export function reminderWords(release: OfRelease, environment: string, words: Words, until: string): Message {
  return {
    kind: 'reminder',
    subject: `Still waiting: approve ${release.service} ${release.version} for ${environment}`,
    lines: [`It should be answered before ${until}, and still waits for you.`, words.headline, ...words.missing],
    link: at(release, environment),
  };
}

/** Somebody voted. */
export function decidedWords(release: OfRelease, environment: string, verdict: 'approve' | 'reject', by: string, reason: string): Message {
  const did = verdict === 'approve' ? 'approved' : 'rejected';
  return {
    kind: 'decided',
    subject: `${release.service} ${release.version} for ${environment}: ${did} by ${by}`,
    lines: [`${by} ${did} it: ${reason}`],
    link: at(release, environment),
  };
}

/** A deployment waits, and for what and whom. */
export function waitsWords(release: OfRelease, environment: string, words: Words): Message {
  return {
    kind: 'waits',
    subject: `${release.service} ${release.version} waits before ${environment}`,
    lines: [words.headline, ...words.missing, words.when],
    link: at(release, environment),
  };
}

const SAID = {
  began: 'began',
  succeeded: 'is there',
  'rolled-back': 'went back by itself',
  failed: 'failed',
  cancelled: 'was cancelled',
  unknown: 'lost contact',
} as const;
export type Step = keyof typeof SAID;

/** A deployment began, or how it ended. */
export function deploymentWords(release: OfRelease, environment: string, step: Step, kind: 'deploy' | 'rollback', cause: string): Message {
  const what = kind === 'rollback' ? `Going back to ${release.version}` : release.version;
  return {
    kind: 'deployment',
    subject: `${release.service}: ${what} to ${environment} ${SAID[step]}`,
    lines: cause === '' ? [] : [cause],
    link: at(release, environment),
  };
}

/** A release is held, or goes on. */
export function heldWords(release: OfRelease, held: boolean, by: string, reason: string): Message {
  return {
    kind: 'waits',
    subject: held
      ? `${release.service} ${release.version} is held by ${by}`
      : `${release.service} ${release.version} goes on: ${by} ended the hold`,
    lines: [reason],
    link: at(release),
  };
}

/** An incident began or is over. */
export function incidentWords(of: {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly resolved: boolean;
}): Message {
  const place = [of.service ?? 'the organisation', ...(of.environment === null ? [] : [`in ${of.environment}`])].join(' ');
  return {
    kind: 'incident',
    subject: of.resolved ? `Resolved: ${of.title}` : `Incident (${of.severity}): ${of.title}`,
    lines: [of.resolved ? `${place} is restored.` : `Something is wrong with ${place}.`],
    link: `/incidents/${of.id}`,
  };
}

/** A waiver is asked for, ends soon, or has ended. */
export function waiverWords(of: {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly place: string;
  readonly what: 'asked' | 'soon' | 'over';
  readonly until: string;
}): Message {
  if (of.what === 'asked')
    return {
      kind: 'asked',
      subject: `Waiver asked for: ${of.kind}, ${of.place}`,
      lines: [`To suspend ${of.subject} until ${of.until}.`, 'The rule goes on blocking, and the request lapses at its end.'],
      link: '/debts',
    };
  return {
    kind: 'expiring',
    subject: of.what === 'soon' ? `A waiver ends: ${of.kind}, ${of.place}` : `A waiver ended: ${of.kind}, ${of.place}`,
    lines: [
      of.what === 'soon'
        ? `It suspends ${of.subject} until ${of.until}; then the rule blocks again by itself.`
        : `It suspended ${of.subject}; the rule blocks again since ${of.until}.`,
    ],
    link: '/debts',
  };
}
