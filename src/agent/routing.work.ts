import type { Router } from './router/router.ts';
import { frontsOf, type Slots } from './slots.disk.ts';

type Routed = { readonly slots: Slots; readonly router: Router };

const turns = new WeakMap<Router, Promise<unknown>>();

/**
 * Makes the router do what the slots say. One change at a time, and each reads the slots when its turn comes: acts of
 * different slots go on at once, and a list of fronts that was made before another's change must not undo it.
 */
export async function routeNow({ slots, router }: Routed): Promise<void> {
  await inTurn(router, () => router.apply(frontsOf(slots.all())));
}

/** Brings the router up where it is down; a change that is being made is waited for, not taken for a fall. */
export async function keepRouterUp({ slots, router }: Routed): Promise<void> {
  await inTurn(router, async () => {
    if (!(await router.alive())) await router.start(frontsOf(slots.all()));
  });
}

function inTurn(router: Router, work: () => Promise<void>): Promise<void> {
  const turn = (turns.get(router) ?? Promise.resolve()).then(work, work);
  turns.set(
    router,
    turn.catch(() => undefined),
  );
  return turn;
}
