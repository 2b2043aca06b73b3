import type { AnswerOf } from '../../../src/contract/route.ts';
import type { beginSignIn } from '../../../src/contract/sign-in.ts';

/** What a browser keeps of a sign-in until the provider sends it back, under the name of its `state`. */
export type Kept = {
  readonly secret: string;
  readonly purpose: 'sign-in' | 'confirm' | 'link';
  /** Where to go afterwards; for a window of its own: nowhere, it closes. */
  readonly to: string | null;
  readonly at: number;
};

const PREFIX = 'ym-sign-in-';
const LASTS_MS = 600_000;
const CHANNEL = 'ym-sign-in';

/** Keeps what finishes the sign-in; what was never finished goes. */
export function keepFlow(begun: AnswerOf<typeof beginSignIn>, kept: Omit<Kept, 'secret' | 'at'>): void {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && (read(name)?.at ?? 0) < Date.now() - LASTS_MS) localStorage.removeItem(name);
  }
  localStorage.setItem(PREFIX + begun.state, JSON.stringify({ ...kept, secret: begun.secret, at: Date.now() }));
}

/** Takes what was kept for a `state`, once. */
export function takeFlow(state: string): Kept | null {
  if (!/^[0-9a-f]{64}$/.test(state)) return null;
  const kept = read(PREFIX + state);
  localStorage.removeItem(PREFIX + state);
  return kept;
}

function read(name: string): Kept | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? 'null');
    return typeof value === 'object' && value !== null && typeof (value as Kept).secret === 'string' ? (value as Kept) : null;
  } catch {
    return null;
  }
}

/** Tells the page that opened this window that who sits here has proved who they are. */
export function sayProved(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('proved');
  channel.close();
}

/** Calls back when another window of ours says so; answers how to stop listening. */
export function whenProved(heard: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', (event) => {
    if (event.data === 'proved') heard();
  });
  return () => channel.close();
}

/** A path of ours, or the Yard: an address elsewhere in a link must not lead anybody away after signing in. */
export function ownPath(to: unknown): string {
  if (typeof to !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(to)) return '/';
  const url = URL.parse(to, location.origin);
  const back =
    url !== null && url.origin === location.origin && (!url.pathname.startsWith('/sign-in') || url.pathname === '/sign-in/terminal');
  return back && url !== null ? url.pathname + url.search + url.hash : '/';
}
