import { useSyncExternalStore } from 'react';
import { everythingMayHaveChanged, factArrived } from '../api/query.ts';

/** Whether the page is current: `live`, `behind` (since when), or `off` (not signed in, or the stream is not served). */
export type LiveStatus = { readonly state: 'live' } | { readonly state: 'behind'; readonly since: number } | { readonly state: 'off' };

let status: LiveStatus = { state: 'off' };
let source: EventSource | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;
const listeners = new Set<() => void>();
/** The server says something at least each 15 s; silence of twice that is a gap. */
const SILENCE_MS = 32_000;

function become(next: LiveStatus): void {
  if (next.state === status.state) return;
  status = next;
  for (const listener of listeners) listener();
}

function heard(): void {
  if (timer !== null) clearTimeout(timer);
  timer = setTimeout(() => become({ state: 'behind', since: Date.now() }), SILENCE_MS);
  become({ state: 'live' });
}

/** Follows the facts of the instance. One stream a browser tab; called once when somebody is signed in. */
export function goLive(): void {
  if (source !== null) return;
  source = new EventSource('/v1/live');
  source.addEventListener('open', heard);
  source.addEventListener('beat', heard);
  source.addEventListener('reset', () => {
    heard();
    everythingMayHaveChanged();
  });
  source.addEventListener('fact', (event) => {
    heard();
    const fact = JSON.parse((event as MessageEvent<string>).data) as { type: string; subject: string; service: string | null };
    factArrived(fact.type, fact.subject, fact.service);
  });
  source.addEventListener('error', () => become({ state: 'behind', since: Date.now() }));
}

/** Ends the stream: signed out. */
export function goQuiet(): void {
  source?.close();
  source = null;
  if (timer !== null) clearTimeout(timer);
  become({ state: 'off' });
}

export function useLive(): LiveStatus {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
    () => status,
  );
}
