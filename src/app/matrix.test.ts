import { expect, test } from 'vitest';
import { ACTIONS, ROLES, type Action, type Role } from '../contract/actions.ts';
import { isBytes, type RouteShape } from '../contract/route.ts';
import { Problem } from '../kernel/problem.ts';
import type { On } from '../platform/http/gate.port.ts';
import { openApi, REACHED, type Api } from './api.fixture.ts';
import { sampleOf } from './samples.fixture.ts';
import { wire } from './wire.ts';

// Every role, held over every kind of scope, against every action on what is its own and what is another's.

const api: Api = await openApi();
const CATALOG = `
teams: { crew: { title: Crew }, other: { title: Other } }
environments: { dev: { kind: development }, prod: { kind: production, after: dev } }
services: { shop: { team: crew, tier: 3 }, bank: { team: other, tier: 3 } }
`;

const SCOPES: readonly On[] = [
  {},
  { team: 'crew' },
  { service: 'shop' },
  { environment: 'prod' },
  { service: 'shop', environment: 'prod' },
  { team: 'other' },
  { service: 'bank' },
];
const TARGETS: readonly On[] = [
  {},
  { service: 'shop', team: 'crew' },
  { service: 'shop', team: 'crew', environment: 'prod' },
  { service: 'shop', team: 'crew', environment: 'dev' },
  { service: 'bank', team: 'other' },
  { environment: 'prod' },
  { team: 'crew' },
];

type Holder = { readonly role: Role; readonly scope: On; readonly token: string };
const holders: Holder[] = [];
await prepare();

async function prepare(): Promise<void> {
  const ok = async (method: string, path: string, body: unknown): Promise<Record<string, unknown>> => {
    const reply = await api.real(method, path, api.admin, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.text}`);
    return reply.json;
  };
  const plan = await ok('POST', '/v1/catalog/plan', { text: CATALOG });
  await ok('POST', '/v1/catalog/apply', { text: CATALOG, plan: plan['digest'] });
  const { person } = (await api.real('GET', '/v1/me', api.admin)).json;
  for (const role of ROLES) {
    for (const [at, scope] of SCOPES.entries()) {
      const { bot } = await ok('POST', '/v1/bots', { name: `${role}-${at}`, owner: person });
      await ok('POST', '/v1/roles', { holder: bot, role, on: scope });
      const { token } = await ok('POST', '/v1/tokens', { name: `${role}-${at}`, bot });
      holders.push({ role, scope, token: String(token) });
    }
  }
}

/** What the permission table says, written here a second time: the role holds the action, and all of its scope is named. */
function expected(role: Role, scope: On, action: Action, target: On): boolean {
  const holds = (ACTIONS[action] as readonly Role[]).some((one) => one === role);
  return holds && Object.entries(scope).every(([kind, name]) => target[kind as keyof On] === name);
}

test('the gate answers every cell of role, scope, action and target as the table says', async () => {
  const { gate } = wire();
  const wrong: string[] = [];
  let cells = 0;
  for (const { role, scope, token } of holders) {
    const actor = await gate.authenticate(api.floor, `Bearer ${token}`);
    if (actor === null) throw new Error(`the token of ${role} is refused`);
    await api.floor.db.read(api.floor.org, async (tx) => {
      for (const action of Object.keys(ACTIONS) as Action[]) {
        for (const target of TARGETS) {
          cells += 1;
          const allowed = await gate.authorise(tx, actor, action, target).then(
            () => true,
            (error: unknown) => {
              if (error instanceof Problem && error.status === 403) return false;
              throw error;
            },
          );
          if (allowed !== expected(role, scope, action, target)) {
            wrong.push(
              `${role} over ${JSON.stringify(scope)}: ${action} on ${JSON.stringify(target)} is ${allowed ? 'allowed' : 'refused'}`,
            );
          }
        }
      }
    });
  }
  expect(wrong).toEqual([]);
  expect(cells).toBeGreaterThanOrEqual(5000);
}, 600_000);

const AT_ONCE = 5;

/** Routes whose objects are named by service or environment alone, so that they can be asked about both services. */
const named = api.routes
  .map((mounted) => mounted.route as RouteShape)
  .filter(
    ({ access }) =>
      access.kind === 'may' && access.list !== true && (access.on ?? []).every((place) => /\.(service|environment)$/.test(place)),
  );

test('over HTTP the same: each route, each role, its own service and another', async () => {
  const wrong: string[] = [];
  let cells = 0;
  for (const route of named) {
    const { access } = route;
    if (access.kind !== 'may') continue;
    for (const service of ['shop', 'bank'] as const) {
      const target = targetOf(route, service);
      const { path, body } = requestOf(route, service);
      const ask = async ({ role, scope, token }: Holder): Promise<void> => {
        cells += 1;
        const { status } = await api.counted(route.method, path, token, body);
        const right = expected(role, scope, access.action, target) ? REACHED : 403;
        if (status !== right) wrong.push(`${route.method} ${path} as ${role} over ${JSON.stringify(scope)}: ${status}, not ${right}`);
      };
      // While the database answers one, the server reads the next.
      for (let at = 0; at < holders.length; at += AT_ONCE) await Promise.all(holders.slice(at, at + AT_ONCE).map(ask));
    }
  }
  expect(wrong).toEqual([]);
  expect(cells).toBeGreaterThan(1500);
}, 600_000);

const TEAM = { shop: 'crew', bank: 'other' } as const;

/** What the route is about when it names `service` (and prod): the organisation where it names nothing. */
function targetOf(route: RouteShape, service: 'shop' | 'bank'): On {
  const places = route.access.kind === 'may' ? (route.access.on ?? []) : [];
  const has = (kind: string): boolean => places.some((place) => place.endsWith(`.${kind}`));
  return { ...(has('service') ? { service, team: TEAM[service] } : {}), ...(has('environment') ? { environment: 'prod' } : {}) };
}

function requestOf(route: RouteShape, service: string): { path: string; body: unknown } {
  const names: Record<string, string> = { service, environment: 'prod' };
  const rename = (value: unknown): unknown =>
    typeof value !== 'object' || value === null
      ? value
      : Object.fromEntries(Object.entries(value).map(([key, one]): [string, unknown] => [key, names[key] ?? one]));
  const params = rename(route.params === undefined ? {} : sampleOf(route.params)) as Record<string, string>;
  const query = rename(route.query === undefined ? {} : sampleOf(route.query)) as Record<string, string>;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)])).toString();
  const body = route.body === undefined || isBytes(route.body) ? undefined : rename(sampleOf(route.body));
  return { path: search === '' ? path : `${path}?${search}`, body };
}

test('a token that is narrowed to one service opens no other, and none that it does not name', async () => {
  const made = await api.real('POST', '/v1/tokens', api.admin, {
    name: 'narrow',
    services: ['shop'],
    actions: ['catalog.read', 'secret.write'],
  });
  const token = String(made.json['token']);
  const status = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await api.counted(method, path, token, body)).status;
  expect(await status('GET', '/v1/services/shop')).toBe(REACHED);
  expect(await status('PUT', '/v1/services/shop/secrets/KEY', { value: 'long enough' })).toBe(REACHED);
  expect(await status('GET', '/v1/services/bank')).toBe(403);
  expect(await status('PUT', '/v1/services/bank/secrets/KEY', { value: 'long enough' })).toBe(403);
  expect(await status('GET', '/v1/services/shop/secrets')).toBe(403);
  expect(await status('GET', '/v1/people')).toBe(403);
  expect(await status('POST', '/v1/tokens', { name: 'wider', actions: ['admin.people'] })).not.toBe(403);
  const wider = await api.real('POST', '/v1/tokens', token, { name: 'wider', actions: ['admin.people'] });
  expect(wider.status, wider.text).toBeGreaterThanOrEqual(400);
  const all = await api.real('POST', '/v1/tokens', token, { name: 'unnarrowed' });
  const self = all.status < 300 ? await api.counted('GET', '/v1/services/bank', String(all.json['token'])) : all;
  expect(self.status, 'a token made with a narrow one is as narrow').toBeGreaterThanOrEqual(400);
  expect(self.status).not.toBe(REACHED);
});

/** What each role must never hold, written by hand: the tests above follow the table wherever it goes. */
const NEVER: Readonly<Record<Exclude<Role, 'admin'>, readonly string[]>> = {
  viewer: [
    'write',
    'apply',
    'start',
    'cancel',
    'request',
    'decide',
    'give',
    'create',
    'ready',
    'verify',
    'rollback',
    'break-glass',
    'revoke',
  ],
  auditor: [
    'write',
    'apply',
    'start',
    'cancel',
    'request',
    'decide',
    'give',
    'create',
    'ready',
    'verify',
    'rollback',
    'break-glass',
    'revoke',
  ],
  developer: [
    'secret.write',
    'catalog.apply',
    'policy.write',
    'waiver.decide',
    'approval.give',
    'freeze.write',
    'break-glass',
    'artifact.revoke',
    'ledger',
  ],
  approver: ['write', 'apply', 'start', 'cancel', 'create', 'rollback', 'break-glass', 'revoke', 'ledger'],
  'release-manager': ['admin.'],
};

test('no role holds what it must never hold, whatever the table says', () => {
  const held: string[] = [];
  for (const [role, never] of Object.entries(NEVER)) {
    for (const [action, roles] of Object.entries(ACTIONS)) {
      if (!(roles as readonly string[]).includes(role)) continue;
      if (never.some((part) => action.includes(part))) held.push(`${role} holds ${action}`);
      if (action.startsWith('admin.') && action !== 'admin.audit') held.push(`${role} holds ${action}`);
    }
  }
  expect(held).toEqual([]);
});
