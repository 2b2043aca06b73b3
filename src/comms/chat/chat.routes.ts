import * as contract from '../../contract/chat.ts';
import { activePerson } from '../../identity/identity.queries.ts';
import { actorLabel } from '../../kernel/actor.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { loginMapped } from '../comms.events.ts';
import { badChannel, noSuchLogin } from '../comms.problems.ts';
import type { ChatActs } from './acts.port.ts';
import { addChannel, endChannel, testChannel } from './channel.commands.ts';
import { channels, type Channel } from './channel.store.ts';
import { takeInteraction } from './interact.commands.ts';
import { logins, removeLogin, saveLogin } from './login.store.ts';
import type { Slack } from './slack.port.ts';

/** The HTTP doors of chat. */
export function chatRoutes(slack: Slack, acts: ChatActs): readonly Mounted[] {
  return [
    mount(contract.listChannels, async ({ tx }) => {
      const names = await slack.names(tx);
      return { items: (await channels(tx)).map((one) => viewOf(one, names)) };
    }),
    mount(contract.addChannel, async ({ floor, actor, body }) => {
      const { connection, target, webhook, ...rest } = body;
      const made = await addChannel(floor, actor, slack, { ...rest, connection, target, webhook });
      return viewOf(made, await floor.db.read(actor.org, (tx) => slack.names(tx)));
    }),
    mount(contract.testChannel, ({ floor, actor, params }) => testChannel(floor, actor, slack, params.channel)),
    mount(contract.removeChannel, async ({ tx, actor, params }) => {
      await endChannel(tx, actor, params.channel);
      return { removed: true as const };
    }),
    mount(contract.listChatLogins, async ({ tx }) => {
      const names = await slack.names(tx);
      const items = (await logins(tx)).map(({ connection, user, person, name, at }) => ({
        connection: names.get(connection) ?? connection,
        user,
        person: { id: person, name },
        at,
      }));
      return { items };
    }),
    mount(contract.setChatLogin, async ({ tx, actor, body }) => {
      const connection = await slack.connection(tx, body.connection);
      if (connection === null) throw badChannel({ wrong: `there is no Slack connection ${body.connection}` });
      if (body.person === null) {
        if (!(await removeLogin(tx, connection, body.user))) throw noSuchLogin({ user: body.user });
      } else {
        if ((await activePerson(tx, body.person)) === null) throw noSuchLogin({ user: body.person });
        await saveLogin(tx, connection, body.user, body.person, actorLabel(actor), await tx.now());
      }
      await tx.record(loginMapped, { subject: connection, actor, body: { user: body.user, person: body.person } });
      return { user: body.user, person: body.person };
    }),
    mount(contract.slackIn, async ({ floor, params, headers, body, encrypted }) => {
      const delivery = {
        connection: params.connection,
        header: (name: string) => headers.get(name),
        body: new Uint8Array(await new Response(body).arrayBuffer()),
        encrypted,
      };
      return { ...(await takeInteraction({ floor, slack, acts }, delivery)) };
    }),
  ];
}

function viewOf(one: Channel, names: ReadonlyMap<string, string>): contract.ChannelView {
  const { id, name, kind, connectionId, target, kinds, team, service, environment, state, lastError, checkedAt, createdAt } = one;
  return {
    id,
    name,
    kind,
    connection: connectionId === null ? null : (names.get(connectionId) ?? 'a connection that was removed'),
    target,
    kinds: [...kinds],
    team,
    service,
    environment,
    state,
    lastError,
    checkedAt,
    createdAt,
  };
}
