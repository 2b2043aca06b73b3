import type { Action } from '../../contract/actions.ts';
import type { RouteShape } from '../../contract/route.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../floor.ts';
import { notAllowed } from '../platform.problems.ts';
import { ACTIONS } from '../../contract/actions.ts';
import type { AccessGate, On } from './gate.port.ts';
import type { Parsed } from './request.system.ts';

/** The one authorisation point: resolves what the request names, and asks the gate for all of it together. */
export async function checkAccess(gate: AccessGate, tx: Tx, actor: Actor, route: RouteShape, parsed: Parsed): Promise<void> {
  const { access } = route;
  if (access.kind !== 'may') return;
  if (access.list === true) {
    if (await gate.holdsAnywhere(tx, actor, access.action)) return;
    throw notAllowed({ action: access.action, on: 'anything', roles: ACTIONS[access.action] });
  }
  let on: On = {};
  for (const place of access.on ?? []) {
    const value = valueAt(parsed, place);
    const kind = place.split('.').at(-1) ?? '';
    if (typeof value === 'string') on = { ...on, ...(await gate.resolve(tx, kind, value)) };
  }
  await gate.authorise(tx, actor, access.action, on);
}

function valueAt(parsed: Parsed, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined,
      parsed,
    );
}

/** The two questions that a handler may still ask: what a list may show, and a check on an object found only by reading. */
export function lateQuestions(
  gate: AccessGate,
  tx: Tx,
  actor: Actor,
  route: RouteShape,
): { visible(within?: Tx): Promise<'all' | ReadonlySet<string>>; must(action: Action, on: On, within?: Tx): Promise<void> } {
  return {
    visible: async (within = tx) => (route.access.kind === 'may' ? gate.visible(within, actor, route.access.action) : new Set<string>()),
    must: (action, on, within = tx) => gate.authorise(within, actor, action, on),
  };
}
