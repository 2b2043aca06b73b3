import { useSyncExternalStore } from 'react';
import type { BehindEvent, FactEvent, HelloEvent } from '../../../src/contract/live.ts';
import { everythingMayHaveChanged } from '../api/query.ts';
import { factArrived } from './live-answers.ts';

/** Whether the page is current: `live`, `behind` (since when), or `off` (not signed in, or the stream is not served). */
export type LiveStatus = { readonly state: 'live' } | { readonly state: 'behind'; readonly since: number } | { readonly state: 'off' };

/** One event as it came, and as the tab that holds the stream passes it on to the other tabs. */
type News = { readonly name: string; readonly data: unknown; readonly id: string };

/** The server says something at least each 15 s; longer silence is a gap. */
const SILENCE_MS = 16_000;
const NAME = 'yardmaster-live';

let status: LiveStatus = { state: 'off' };
let silence: ReturnType<typeof setTimeout> | null = null;
let stop: (() => void) | null = null;
/** Where this browser stands in the ledger: whichever tab opens the next stream goes on from here. */
let cursor = '';
const listeners = new Set<() => void>();

/** Follows the facts of the instance: one stream a browser, shared by its tabs. Called when somebody is signed in. */
export function goLive(): void {
  if (stop !== null) return;
  const ended = new AbortController();
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(NAME) : null;
  stop = () => {
    ended.abort();
    channel?.close();
  };
  let holding = false;
  channel?.addEventListener('message', ({ data }: MessageEvent<News>) => {
    if (data.name !== 'who') take(data);
    else if (holding && status.state === 'live') channel.postMessage({ name: 'beat', data: {}, id: cursor });
  });
  channel?.postMessage({ name: 'who', data: {}, id: '' });
  const hold = (): Promise<void> =>
    new Promise((over) => {
      holding = true;
      const close = openStream((news) => {
        take(news);
        channel?.postMessage(news);
      });
      ended.signal.addEventListener('abort', () => {
        close();
        over();
      });
    });
  // Browsers allow a page's host six connections: with a stream in each tab the seventh tab would never load.
  if (channel === null || !('locks' in navigator)) void hold();
  else void navigator.locks.request(NAME, { signal: ended.signal }, hold).catch(() => undefined);
  waitForNews();
}

/** Ends it: signed out. */
export function goQuiet(): void {
  stop?.();
  stop = null;
  cursor = '';
  if (silence !== null) clearTimeout(silence);
  become({ state: 'off' });
}

/** Whether what is on the screen is current; keeps itself so. */
export function useLive(): LiveStatus {
  return useSyncExternalStore(subscribe, () => status);
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

const EVENTS = ['hello', 'fact', 'beat', 'behind', 'reset', 'ended'] as const;

/** Holds a stream open, through refusals and restarts, until it is closed. */
function openStream(tell: (news: News) => void): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let failures = 0;
  const open = (): void => {
    source = new EventSource(cursor === '' ? '/v1/live' : `/v1/live?after=${encodeURIComponent(cursor)}`);
    for (const name of EVENTS)
      source.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        failures = 0;
        tell({ name, data: JSON.parse(data) as unknown, id: lastEventId });
      });
    source.addEventListener('error', () => {
      tell({ name: 'cut', data: {}, id: '' });
      // After a cut a browser comes back by itself, but never after a refusal (a server that stops answers 503).
      if (source.readyState !== EventSource.CLOSED) return;
      failures += 1;
      timer = setTimeout(open, Math.min(500 * 2 ** failures, 30_000) * (0.5 + Math.random()));
    });
  };
  open();
  return () => {
    source.close();
    if (timer !== null) clearTimeout(timer);
  };
}

function take({ name, data, id }: News): void {
  if (id !== '') cursor = id;
  switch (name) {
    case 'cut':
      return behind(Date.now());
    case 'behind':
      waitForNews();
      return behind(Date.parse((data as BehindEvent).since));
    case 'fact': {
      const { type, subject, service } = data as FactEvent;
      factArrived(type, subject, service);
      break;
    }
    case 'hello':
      // What was asked before the stream stood may be older than what it tells.
      if (!(data as HelloEvent).resumed) everythingMayHaveChanged();
      break;
    // The session may be over: the next answer says so, and the page goes to where one signs in.
    case 'ended':
    case 'reset':
      everythingMayHaveChanged();
      break;
  }
  waitForNews();
  become({ state: 'live' });
}

function behind(since: number): void {
  if (status.state !== 'behind') become({ state: 'behind', since: Number.isNaN(since) ? Date.now() : since });
}

function waitForNews(): void {
  if (silence !== null) clearTimeout(silence);
  const began = Date.now();
  silence = setTimeout(() => behind(began), SILENCE_MS);
}

function become(next: LiveStatus): void {
  if (next.state === status.state && next.state !== 'behind') return;
  status = next;
  for (const listener of listeners) listener();
}
