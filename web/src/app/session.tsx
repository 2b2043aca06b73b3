import { createContext, useContext, type ReactNode } from 'react';
import type { whoAmI } from '../../../src/contract/identity.ts';
import { ACTIONS, type Action } from '../../../src/contract/actions.ts';
import type { AnswerOf } from '../../../src/contract/route.ts';

export type Me = AnswerOf<typeof whoAmI>;
export type On = { readonly team?: string; readonly service?: string; readonly environment?: string };

const MeContext = createContext<Me | null>(null);

export function MeProvider({ me, children }: { readonly me: Me; readonly children: ReactNode }): ReactNode {
  return <MeContext value={me}>{children}</MeContext>;
}

/** Who is signed in. Only below the shell. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('nobody is signed in here');
  return me;
}

/**
 * Whether I may do something there: a hint for what to offer, never a permission; the server decides. A role without a
 * scope covers everything, one over a team its services: where the place is not fully known the hint is generous.
 */
export function useMay(): (action: Action, on?: On) => boolean {
  const me = useMe();
  return (action, on = {}) =>
    me.roles.some(
      ({ role, on: over }) =>
        (ACTIONS[action] as readonly string[]).includes(role) &&
        (over.team === undefined || on.team === undefined || over.team === on.team) &&
        (over.service === undefined || on.service === undefined || over.service === on.service) &&
        (over.environment === undefined || on.environment === undefined || over.environment === on.environment),
    );
}
