import { activePerson } from '../../identity/identity.queries.ts';
import { personOfLogin as personMapped } from '../../identity/mapping/login.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { chatHost } from './login.ts';
import { personOfLogin } from './login.store.ts';

/**
 * The active person that somebody in a chat is: as it was said for the chat (`ym notify login`), else as it was said on the
 * list of unmapped names; null where nobody said, where the person is gone, and for a bot, which does nothing from a chat.
 */
export async function personInChat(
  tx: Tx,
  connection: { readonly id: string; readonly name: string },
  user: string,
): Promise<string | null> {
  const said = await personOfLogin(tx, connection.id, user);
  if (said !== null) return said;
  const mapped = await personMapped(tx, { host: chatHost(connection), login: user });
  return mapped?.kind === 'person' && (await activePerson(tx, mapped.id)) !== null ? mapped.id : null;
}
