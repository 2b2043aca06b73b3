import { useEffect, useState, type ReactNode } from 'react';
import { Icon } from './icons.tsx';

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const shortWithYear = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** An instant in the viewer's zone, the original on hover. */
export function When({ at }: { readonly at: string }): ReactNode {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{at}</span>;
  const format = date.getFullYear() === new Date().getFullYear() ? short : shortWithYear;
  return (
    <time dateTime={at} title={`${full.format(date)} here; ${at}`} className="whitespace-nowrap">
      {format.format(date)}
    </time>
  );
}

/** How long ago, or in how long: `3 min ago`, `in 2 h`. Keeps itself current. */
export function Ago({ at }: { readonly at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 15_000);
    return () => clearInterval(timer);
  }, []);
  const ms = now - Date.parse(at);
  if (Number.isNaN(ms)) return <span>{at}</span>;
  const words = Math.abs(ms) < 5000 ? 'now' : ms > 0 ? `${spell(ms, 1)} ago` : `in ${spell(-ms, 1)}`;
  return (
    <time dateTime={at} title={`${full.format(new Date(at))} here; ${at}`} className="whitespace-nowrap">
      {words}
    </time>
  );
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** A duration of milliseconds in words with at most `parts` units: `2 h 5 min`, `340 ms`. */
export function spell(ms: number, parts = 2): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  let rest = ms;
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count === 0 && words.length === 0) continue;
    if (words.length === parts) break;
    if (count > 0) words.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return words.join(' ');
}

export function Lasted({ ms }: { readonly ms: number | null }): ReactNode {
  return <span className="whitespace-nowrap">{ms === null ? '–' : spell(ms)}</span>;
}

/** Bytes in the units of files: `1.4 MB`. */
export function Bytes({ of }: { readonly of: number }): ReactNode {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = of < 1000 ? 0 : Math.min(Math.floor(Math.log10(of) / 3), units.length - 1);
  const value = of / 1000 ** step;
  return (
    <span className="whitespace-nowrap" title={`${of.toLocaleString()} bytes`}>
      {value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 })} {units[step]}
    </span>
  );
}

/** The beginning of a digest or commit, the whole on hover and in the clipboard. */
export function Digest({ of, to }: { readonly of: string; readonly to?: string }): ReactNode {
  const brief = of.startsWith('sha256:') ? of.slice(7, 19) : of.slice(0, 12);
  return (
    <span className="inline-flex items-center gap-1 whitespace-nowrap font-mono text-sm" title={of}>
      {to === undefined ? brief : <a href={to}>{brief}</a>}
      <Copy text={of} what={of.startsWith('sha256:') ? 'digest' : 'commit'} />
    </span>
  );
}

/** Puts a text into the clipboard and says so. */
export function Copy({ text, what }: { readonly text: string; readonly what: string }): ReactNode {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 1500);
    } catch {
      // Without https a browser has no clipboard; the text is there to be marked by hand.
    }
  };
  return (
    <button
      type="button"
      onClick={() => void copy()}
      className="inline-flex size-6 items-center justify-center rounded text-quiet hover:bg-hover"
      aria-label={done ? 'copied' : `copy the ${what}`}
    >
      <Icon name={done ? 'done' : 'copy'} size={13} />
    </button>
  );
}

/** A command to type, with a button that copies it. */
export function Command({ text }: { readonly text: string }): ReactNode {
  return (
    <span className="flex max-w-full items-start gap-2 rounded border border-line bg-sunk px-2 py-1">
      <code className="min-w-0 flex-1 whitespace-pre-wrap text-sm">{text}</code>
      <Copy text={text} what="command" />
    </span>
  );
}

/** A link to an address that came from outside: http and https only, all else stays text. */
export function OutsideLink({ href, children }: { readonly href: string; readonly children?: ReactNode }): ReactNode {
  const url = URL.parse(href);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return <span>{children ?? href}</span>;
  return (
    <a href={url.href} rel="noopener noreferrer nofollow" target="_blank" title={url.href}>
      {children ?? href} <Icon name="outside" size={12} />
      <span className="sr-only"> (opens elsewhere)</span>
    </a>
  );
}

/** A person, bot or machine by name; the id on hover. */
export function Person({ id, name }: { readonly id: string; readonly name: string | null | undefined }): ReactNode {
  return <bdi title={id}>{name ?? id}</bdi>;
}
