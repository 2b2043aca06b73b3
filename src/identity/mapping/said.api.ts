import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { comparable, type Login } from './login.ts';
import { personOfLogin } from './login.queries.ts';
import { unmapLogin } from './mapping.commands.ts';
import { forgetUnmapped } from './mapping.store.ts';

/** Takes a login off the list of the unmapped because it was said elsewhere who it is. */
export async function forgetUnmappedLogin(tx: Tx, { host, login }: Login): Promise<void> {
  const [at, name] = [comparable(host), comparable(login)];
  if (at !== null && name !== null) await forgetUnmapped(tx, at, name);
}

/** Takes a login from whom it was mapped to; false where it was mapped to nobody. */
export async function takeLogin(tx: Tx, actor: Actor, { host, login }: Login): Promise<boolean> {
  if ((await personOfLogin(tx, { host, login })) === null) return false;
  await unmapLogin(tx, actor, host, login);
  return true;
}
