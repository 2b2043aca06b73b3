import { createRootRoute, createRoute, createRouter, Link, Outlet, type RouteComponent } from '@tanstack/react-router';
import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { Page, Problem, Skeleton } from '../kit/index.ts';
import { Shell } from './shell.tsx';

type Load = () => Promise<{ readonly default: ComponentType }>;

/** Every screen with its address. A screen's code is loaded when it is first gone to. */
const SCREENS: readonly (readonly [path: string, load: Load])[] = [
  ['/', () => import('../pages/yard/page.tsx')],
  ['/inbox', () => import('../pages/inbox/page.tsx')],
  ['/releases', () => import('../pages/releases/page.tsx')],
  ['/releases/$release', () => import('../pages/release/page.tsx')],
  ['/decisions/$decision', () => import('../pages/decision/page.tsx')],
  ['/runs', () => import('../pages/runs/page.tsx')],
  ['/runs/$run', () => import('../pages/run/page.tsx')],
  ['/calendar', () => import('../pages/calendar/page.tsx')],
  ['/services', () => import('../pages/services/page.tsx')],
  ['/inventory', () => import('../pages/inventory/page.tsx')],
  ['/services/$service/rules', () => import('../pages/policy/service-rules.tsx')],
  ['/services/$service', () => import('../pages/service/page.tsx')],
  ['/environments', () => import('../pages/environments/page.tsx')],
  ['/environments/$environment', () => import('../pages/environment/page.tsx')],
  ['/incidents', () => import('../pages/incidents/page.tsx')],
  ['/incidents/$incident', () => import('../pages/incident/page.tsx')],
  ['/metrics', () => import('../pages/metrics/page.tsx')],
  ['/evidence', () => import('../pages/evidence/page.tsx')],
  ['/evidence/ledger', () => import('../pages/ledger/page.tsx')],
  ['/artifacts/$digest', () => import('../pages/artifact/page.tsx')],
  ['/policies', () => import('../pages/policies/page.tsx')],
  ['/policies/minimum', () => import('../pages/policy/level.tsx')],
  ['/policies/team/$team', () => import('../pages/policy/level.tsx')],
  ['/policies/$policy', () => import('../pages/policy/page.tsx')],
  ['/debts', () => import('../pages/debts/page.tsx')],
  ['/admin', () => import('../pages/admin/page.tsx')],
  ['/admin/$part', () => import('../pages/admin/page.tsx')],
  ['/go', () => import('../pages/go/page.tsx')],
  ['/sign-in/terminal', () => import('../pages/sign-in/terminal.tsx')],
  ['/account', () => import('../pages/account/page.tsx')],
];

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: Shell });
const screen = (load: Load): RouteComponent => {
  const Screen = lazy(load);
  return function Loading(): ReactNode {
    return (
      <Suspense fallback={<Skeleton lines={8} />}>
        <Screen />
      </Suspense>
    );
  };
};

export const router = createRouter({
  routeTree: root.addChildren([
    inside.addChildren(SCREENS.map(([path, load]) => createRoute({ getParentRoute: () => inside, path, component: screen(load) }))),
    createRoute({ getParentRoute: () => root, path: '/sign-in', component: screen(() => import('../pages/sign-in/page.tsx')) }),
    createRoute({
      getParentRoute: () => root,
      path: '/sign-in/callback',
      component: screen(() => import('../pages/sign-in/callback.tsx')),
    }),
    createRoute({ getParentRoute: () => root, path: '/setup', component: screen(() => import('../pages/setup/page.tsx')) }),
  ]),
  // Values of filters stay text: `?version=1.10` is not 1.1.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const params = new URLSearchParams(
      Object.entries(search as Record<string, unknown>).flatMap(([key, value]) =>
        value === undefined || value === null ? [] : [[key, String(value)]],
      ),
    );
    return params.size === 0 ? '' : `?${params}`;
  },
  defaultErrorComponent: ({ error }) => (
    <Page title="This screen broke">
      <Problem
        of={{
          type: 'urn:yardmaster:problem:screen.bug',
          title: 'Something in this screen went wrong; nothing you did was lost.',
          status: 0,
          code: 'screen.bug',
          remedy: `Load the page again. If it stays, report this: ${error instanceof Error ? error.message.slice(0, 300) : 'unknown'}`,
        }}
        again={() => location.reload()}
      />
    </Page>
  ),
  scrollRestoration: true,
});

function NotFound(): ReactNode {
  return (
    <Page title="There is no such page">
      <p>
        The address leads nowhere. <Link to="/">Go to the Yard</Link>.
      </p>
    </Page>
  );
}
