import { activePerson } from '../../identity/identity.queries.ts';
import { forgetUnmappedLogin, takeLogin } from '../../identity/mapping/said.api.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { loginMapped } from '../comms.events.ts';
import { noSuchLogin } from '../comms.problems.ts';
import { chatHost } from './login.ts';
import { removeLogin, saveLogin } from './login.store.ts';

/**
 * Says who somebody in a chat is, or (`person` null) that nobody knows: then it is forgotten wherever it was said, here and on
 * the list of unmapped names. Throws `comms.no-such-login` where there is nothing to forget, or no such person.
 */
export async function setLogin(
  tx: Tx,
  actor: Actor,
  connection: { readonly id: string; readonly name: string },
  { user, person }: { readonly user: string; readonly person: string | null },
): Promise<void> {
  const host = chatHost(connection);
  if (person === null) {
    const taken = await takeLogin(tx, actor, { host, login: user });
    if (!(await removeLogin(tx, connection.id, user)) && !taken) throw noSuchLogin({ user });
  } else {
    if ((await activePerson(tx, person)) === null) throw noSuchLogin({ user: person });
    await saveLogin(tx, connection.id, user, person, actorLabel(actor), await tx.now());
    await forgetUnmappedLogin(tx, { host, login: user });
  }
  await tx.record(loginMapped, { subject: connection.id, actor, body: { user, person } });
}
