import * as contract from '../../contract/chat.ts';
import { loginsAt } from '../../identity/mapping/login.queries.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { badChannel } from '../comms.problems.ts';
import type { ChatActs } from './acts.port.ts';
import { addChannel, endChannel, testChannel } from './channel.commands.ts';
import { channels, type Channel } from './channel.store.ts';
import { takeInteraction } from './interact.commands.ts';
import { setLogin } from './login.commands.ts';
import { logins } from './login.store.ts';
import { chatHost } from './login.ts';
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
      const said = (await logins(tx)).map((one) => ({ ...one, connection: names.get(one.connection) ?? one.connection }));
      const hosts = new Map([...names].map(([id, name]) => [chatHost({ id, name }), name]));
      // Said on the list of unmapped names, where logins are in lower case; ids of Slack are in capitals.
      const mapped = (await loginsAt(tx, [...hosts.keys()]))
        .map(({ host, login, ...one }) => ({ ...one, user: login.toUpperCase(), connection: hosts.get(host) ?? host }))
        .filter(({ user, connection }) => !said.some((one) => one.user === user && one.connection === connection));
      const items = [...said, ...mapped].map(({ connection, user, person, name, at }) => ({
        connection,
        user,
        person: { id: person, name },
        at,
      }));
      return { items };
    }),
    mount(contract.setChatLogin, async ({ tx, actor, body }) => {
      const connection = await slack.connection(tx, body.connection);
      if (connection === null) throw badChannel({ wrong: `there is no Slack connection ${body.connection}` });
      await setLogin(tx, actor, { id: connection, name: body.connection }, body);
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
