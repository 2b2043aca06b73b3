import type { Instant, Millis } from '../kernel/time.ts';

/** What somebody is told about. `digest` gathers others and is chosen by nobody. */
export const KINDS = ['asked', 'reminder', 'decided', 'waits', 'deployment', 'incident', 'expiring'] as const;
export type Kind = (typeof KINDS)[number];
export type NoticeKind = Kind | 'digest' | 'test';

/** One thing told, in the words of the screens. `link` is a path of ours; texts may hold what strangers wrote. */
export type Message = { readonly kind: NoticeKind; readonly subject: string; readonly lines: readonly string[]; readonly link: string };

export const ROADS = ['mail', 'slack', 'slack-webhook', 'teams'] as const;
export type Road = (typeof ROADS)[number];

export type NoticeState = 'queued' | 'digest' | 'sent' | 'told' | 'dropped' | 'parked';

/** A message to one receiver, as it is kept until it is sent and after. */
export type Notice = Message & {
  readonly id: string;
  readonly org: string;
  readonly road: Road;
  /** The person of a mail, the channel of a post. */
  readonly receiver: string;
  readonly mark: string;
  readonly release: string | null;
  readonly environment: string | null;
  readonly state: NoticeState;
  readonly attempts: number;
  readonly dueAt: Instant;
  readonly outcome: string | null;
  readonly at: Instant;
  readonly doneAt: Instant | null;
};

/** After so many attempts a message is parked. */
export const ATTEMPTS = 8;
const MINUTE = 60_000;
const PAUSES_MS: readonly Millis[] = [1, 5, 15, 60, 180, 360, 720].map((minutes) => minutes * MINUTE);

/** How long to wait after attempt number `attempt` (from 1) failed, at least as long as the other side asks; null: no more. */
export function pauseAfter(attempt: number, asked: Millis | null = null): Millis | null {
  if (attempt >= ATTEMPTS) return null;
  return Math.min(24 * 60 * MINUTE, Math.max(PAUSES_MS[attempt - 1] ?? 0, asked ?? 0));
}

/** One line without control characters, at most `most` characters: what strangers wrote becomes no header and no second line. */
export function oneLine(text: string, most = 300): string {
  const plain = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return plain.length <= most ? plain : `${plain.slice(0, most - 1).toWellFormed()}…`;
}
