import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { signOut, whoAmI } from '../../../src/contract/identity.ts';
import { whenSignedOut } from '../api/client.ts';
import { queries, useAct, useAnswer } from '../api/query.ts';
import { Ago, Button, Dialog, Icon, Loaded, listenForKeys, useKeyList, useKeys } from '../kit/index.ts';
import { SignInAgain } from './again.tsx';
import { goLive, goQuiet, useLive } from './live.ts';
import { PLACES, type Place } from './places.ts';
import { Palette } from './palette.tsx';
import { MeProvider, type Me } from './session.tsx';
import { useTheme } from './theme.ts';

/** Everything around a screen: who I am, where I can go, whether what I see is current. */
export function Shell(): ReactNode {
  const me = useAnswer<typeof whoAmI>('/v1/me', {}, { live: ['role'] });
  const navigate = useNavigate();
  const here = useRouterState({ select: (state) => state.location.href });
  useEffect(() => {
    whenSignedOut(() => {
      goQuiet();
      const to = location.pathname + location.search + location.hash;
      if (location.pathname !== '/sign-in') void navigate({ to: '/sign-in', search: { to } as never });
    });
  }, [navigate]);
  useEffect(() => listenForKeys(), []);
  useEffect(() => {
    if (me.data !== undefined) goLive();
  }, [me.data]);
  if (me.data === undefined && me.error?.problem.status === 401) return <p className="p-6 text-quiet">Going to the sign-in page …</p>;
  return <Loaded of={me}>{(who) => <Frame me={who} key={who.id} here={here} />}</Loaded>;
}

function Frame({ me }: { readonly me: Me; readonly here: string }): ReactNode {
  const [menu, setMenu] = useState(false);
  const [asked, setAsked] = useState<'palette' | 'keys' | null>(null);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => setMenu(false), [path]);
  useKeys({
    'mod+k': { label: 'find anything', run: () => setAsked('palette') },
    '/': { label: 'find anything', run: () => setAsked('palette') },
    '?': { label: 'show these keys', run: () => setAsked('keys') },
    ...Object.fromEntries(
      PLACES.filter((place) => place.key !== null).map((place) => [
        `g ${place.key}`,
        { label: `go to ${place.label}`, run: () => void navigate({ to: place.to }) },
      ]),
    ),
  });
  return (
    <MeProvider me={me}>
      <SignInAgain me={me} />
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2">
        To the content
      </a>
      <div className="flex min-h-dvh min-w-0 flex-col lg:grid lg:grid-cols-[13rem_minmax(0,1fr)]">
        <header className="sticky top-0 z-20 flex items-center gap-2 border-b border-line bg-surface px-3 py-1.5 lg:hidden">
          <Button kind="quiet" icon={menu ? 'close' : 'menu'} aria-label="menu" aria-expanded={menu} onClick={() => setMenu(!menu)} large />
          <Link to="/" className="font-semibold text-ink">
            Yardmaster
          </Link>
          <span className="flex-1" />
          <LiveMark />
          <Button kind="quiet" icon="search" aria-label="find anything" onClick={() => setAsked('palette')} large />
        </header>
        <aside
          className={`${menu ? '' : 'max-lg:hidden'} border-line bg-surface lg:sticky lg:top-0 lg:h-dvh lg:overflow-y-auto lg:border-r max-lg:border-b`}
        >
          <div className="flex h-full flex-col gap-3 p-3">
            <div className="flex items-center justify-between max-lg:hidden">
              <Link to="/" className="text-lg font-semibold text-ink hover:no-underline">
                Yardmaster
              </Link>
              <LiveMark />
            </div>
            <button
              type="button"
              onClick={() => setAsked('palette')}
              className="flex min-h-8 items-center gap-2 rounded-md border border-edge px-2 text-sm text-quiet hover:bg-hover max-lg:hidden"
            >
              <Icon name="search" size={14} /> Find <kbd className="ml-auto text-xs">/</kbd>
            </button>
            <Places path={path} />
            <span className="flex-1" />
            <Myself me={me} />
          </div>
        </aside>
        <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      {asked === 'palette' ? <Palette onClose={() => setAsked(null)} /> : null}
      {asked === 'keys' ? <KeyList onClose={() => setAsked(null)} /> : null}
    </MeProvider>
  );
}

function Places({ path }: { readonly path: string }): ReactNode {
  return (
    <nav aria-label="screens">
      <ul className="grid gap-px max-lg:grid-cols-2">
        {PLACES.map((place) => (
          <li key={place.to}>
            <Link
              to={place.to}
              aria-current={isHere(place, path) ? 'page' : undefined}
              className="flex min-h-8 items-center gap-2 rounded-md px-2 text-ink hover:bg-hover hover:no-underline aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent max-lg:min-h-11"
            >
              <Icon name={place.icon} className="opacity-80" /> {place.label}
              {place.badge === undefined ? null : <place.badge />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function isHere(place: Place, path: string): boolean {
  return place.to === '/' ? path === '/' : path === place.to || path.startsWith(`${place.to}/`);
}

function LiveMark(): ReactNode {
  const live = useLive();
  const [dot, words] =
    live.state === 'live'
      ? (['bg-allow', 'live'] as const)
      : live.state === 'behind'
        ? (['bg-wait', 'behind'] as const)
        : (['bg-edge', 'not live'] as const);
  return (
    <span
      role="status"
      className="inline-flex items-center gap-1.5 text-xs text-quiet"
      title={
        live.state === 'live'
          ? 'What you see is current'
          : 'What you see may be older than what is; it is asked again when the connection is back'
      }
    >
      <span className={`size-2 rounded-full ${dot}`} aria-hidden="true" />
      {words}
      {live.state === 'behind' ? (
        <>
          {' '}
          since <Ago at={new Date(live.since).toISOString()} />
        </>
      ) : null}
    </span>
  );
}

function Myself({ me }: { readonly me: Me }): ReactNode {
  const [theme, choose] = useTheme();
  const leave = useAct<typeof signOut>('DELETE', '/v1/sessions/current');
  const next = theme === 'system' ? 'dark' : theme === 'dark' ? 'light' : 'system';
  return (
    <div className="space-y-1 border-t border-line pt-2">
      <Link to="/account" className="flex min-h-8 min-w-0 items-center gap-2 rounded-md px-2 text-ink hover:bg-hover hover:no-underline">
        <Icon name="person" /> <bdi className="clip">{me.name}</bdi>
      </Link>
      <div className="flex gap-1">
        <Button kind="quiet" icon="sun" onClick={() => choose(next)} aria-label={`colours: ${theme}; change to ${next}`}>
          {theme}
        </Button>
        <Button
          kind="quiet"
          busy={leave.busy}
          onClick={() =>
            void leave.act({}).then(() => {
              goQuiet();
              queries.clear();
              location.assign('/sign-in');
            })
          }
        >
          Sign out
        </Button>
      </div>
    </div>
  );
}

function KeyList({ onClose }: { readonly onClose: () => void }): ReactNode {
  const keys = useKeyList();
  return (
    <Dialog title="What the keyboard does here" onClose={onClose}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
        {keys.map(([key, label]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded border border-line bg-sunk px-1.5 text-sm">{key.replace('mod', 'Ctrl')}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
