import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { When } from './text.tsx';

const PARTS = /\b(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\b|\b(([a-z]{3})_[0-9a-f]{32})\b/g;

const ADDRESS: Readonly<Record<string, (id: string) => string>> = {
  rel: (id) => `/releases/${id}`,
  run: (id) => `/runs/${id}`,
  inc: (id) => `/incidents/${id}`,
  dec: (id) => `/decisions/${id}`,
  dep: (id) => `/evidence?node=${id}`,
  wvr: (id) => `/debts?waiver=${id}`,
  frz: (id) => `/calendar?freeze=${id}`,
};

/** A sentence of the server as it stands, with its instants in the viewer's zone and its ids as links. */
export function Said({ text }: { readonly text: string }): ReactNode {
  const parts: ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(PARTS)) {
    const [whole, instant, id, kind] = match;
    if (match.index > from) parts.push(text.slice(from, match.index));
    const address = ADDRESS[kind ?? ''];
    if (instant !== undefined) parts.push(<When key={match.index} at={instant} />);
    else if (id !== undefined && address !== undefined)
      parts.push(
        <Link key={match.index} to={address(id)} title={id} className="in-text underline">
          {id.slice(0, 12)}…
        </Link>,
      );
    else
      parts.push(
        <code key={match.index} title={whole}>
          {whole.slice(0, 12)}…
        </code>,
      );
    from = match.index + whole.length;
  }
  parts.push(text.slice(from));
  return <span className="min-w-0">{parts}</span>;
}
