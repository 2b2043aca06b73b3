import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTIONS, ROLES, roleMay, type Action } from '../contract/actions.ts';
import type { Actor, Credential } from '../kernel/actor.ts';
import { may, type Binding } from './permission.ts';

const person = (credential: Credential): Actor => ({ kind: 'person', id: 'per_1', org: 'org_1', credential });
const session = person({ kind: 'session', id: 'tok_1', authenticatedAt: '2026-01-01T00:00:00.000Z' });
const action = fc.constantFrom(...(Object.keys(ACTIONS) as Action[]));
const maybe = fc.constantFrom(null, 'a', 'b');
const binding: fc.Arbitrary<Binding> = fc.record({ role: fc.constantFrom(...ROLES), team: maybe, service: maybe, environment: maybe });
const about = fc.record(
  { team: fc.constantFrom('a', 'b'), service: fc.constantFrom('a', 'b'), environment: fc.constantFrom('a', 'b') },
  { requiredKeys: [] },
);

test('without a binding nobody may do anything', () => {
  for (const one of Object.keys(ACTIONS) as Action[]) expect(may(session, [], one, {})).toBe(false);
});

test('the permission table, written a second way: every role, action and scope', () => {
  fc.assert(
    fc.property(fc.array(binding, { maxLength: 4 }), action, about, (bindings, what, on) => {
      const expected = bindings.some((held) => {
        if (!roleMay(held.role, what)) return false;
        return (['team', 'service', 'environment'] as const).every((part) => held[part] === null || held[part] === on[part]);
      });
      expect(may(session, bindings, what, on)).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});

test('a scoped role never reaches the whole organisation', () => {
  expect(may(session, [{ role: 'admin', team: null, service: 'shop', environment: null }], 'admin.people', {})).toBe(false);
});

test('a token narrows and never widens', () => {
  fc.assert(
    fc.property(
      fc.array(binding, { maxLength: 4 }),
      action,
      about,
      fc.option(fc.array(action)),
      fc.option(fc.array(fc.constantFrom('a', 'b'))),
      (bindings, what, on, actions, services) => {
        const token = person({ kind: 'token', id: 'tok_2', actions, services });
        if (may(token, bindings, what, on)) expect(may(session, bindings, what, on)).toBe(true);
        if (actions !== null && !actions.includes(what)) expect(may(token, bindings, what, on)).toBe(false);
        if (services !== null && (on.service === undefined || !services.includes(on.service)))
          expect(may(token, bindings, what, on)).toBe(false);
      },
    ),
    { numRuns: 2000 },
  );
});

test('runners, agents, hooks and the system hold no action', () => {
  for (const kind of ['runner', 'agent', 'hook', 'system'] as const) {
    expect(may({ kind, id: 'x', org: 'org_1' }, [{ role: 'admin', team: null, service: null, environment: null }], 'run.start', {})).toBe(
      false,
    );
  }
});
