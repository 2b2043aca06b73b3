import * as contract from '../../contract/chat.ts';
import { NOTICE_KINDS } from '../../contract/notify.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, oneOf } from '../refs.ts';
import { line, table } from '../terminal.ts';

type ChannelOptions = {
  kind: string;
  connection?: string;
  target?: string;
  webhook?: string;
  news?: string[];
  team?: string;
  service?: string;
  env?: string;
};

const CHANNEL_KINDS = contract.channelSchema.shape.kind.options;

/** ym notify channel list|add|test|remove, ym notify login */
export const chatCommands: AddCommand = (group, run) => {
  const channel = group.command('channel').description('where news go in Slack and Teams');
  channel
    .command('list')
    .description('all channels and how they are')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listChannels, {});
        const rows = list.items.map((one) => [
          one.name,
          one.kind,
          one.kinds.join(', '),
          [one.team, one.service, one.environment].filter((part) => part !== null).join(' ') || 'of everything',
          one.lastError === null ? one.state : `${one.state}: ${line(one.lastError)}`,
        ]);
        shell.print(rows.length === 0 ? 'No news go to any channel.' : table(rows), list);
      }),
    );
  channel
    .command('add <name>')
    .description('let news go to a channel')
    .requiredOption('--kind <kind>', CHANNEL_KINDS.join(', '))
    .option('--connection <name>', 'slack: the connection whose bot posts there')
    .option('--target <id>', 'slack: the id of the channel (C0123456789)')
    .option('--webhook <file>', 'the file with the address of an incoming webhook; - is standard input')
    .option('--news <kinds...>', NOTICE_KINDS.join(', '))
    .option('--team <team>', 'only of this team')
    .option('--service <service>', 'only of this service')
    .option('--env <environment>', 'only of this environment')
    .action(
      run(async (shell, name: string, options: ChannelOptions) => {
        const { connection, target, webhook, news, team, service, env } = options;
        const made = await shell.client().call(contract.addChannel, {
          body: {
            name,
            kind: oneOf('--kind', options.kind, CHANNEL_KINDS),
            ...(connection === undefined ? {} : { connection }),
            ...(target === undefined ? {} : { target }),
            ...(webhook === undefined ? {} : { webhook: (await readText(webhook)).trim() }),
            ...(news === undefined ? {} : { kinds: news.map((kind) => oneOf('--news', kind, NOTICE_KINDS)) }),
            team: team ?? null,
            service: service ?? null,
            environment: env ?? null,
          },
        });
        shell.print(`News go to ${made.name}. See whether they arrive: ym notify channel test ${made.name}`, made);
      }),
    );
  channel
    .command('test <name>')
    .description('post a test there now')
    .action(
      run(async (shell, name: string) => {
        const answer = await shell.client().call(contract.testChannel, { params: { channel: name }, body: {} });
        shell.print(`Posted: ${line(answer.said)}`, answer);
      }),
    );
  channel
    .command('remove <name>')
    .description('let no news go there any more')
    .action(
      run(async (shell, name: string) => {
        shell.print(`No news go to ${name} any more.`, await shell.client().call(contract.removeChannel, { params: { channel: name } }));
      }),
    );
  group
    .command('logins')
    .description('which person somebody in a chat is')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listChatLogins, {});
        const rows = list.items.map((one) => [line(one.connection), one.user, line(one.person.name)]);
        shell.print(rows.length === 0 ? 'Nobody in a chat is known.' : table(rows), list);
      }),
    );
  group
    .command('login <user>')
    .description('say which person a Slack account (U0123456789) is; what is done from it is done by them')
    .requiredOption('--connection <name>', 'the Slack connection')
    .option('--person <person>', 'who it is; left out: nobody any more')
    .action(
      run(async (shell, user: string, options: { connection: string; person?: string }) => {
        const client = shell.client();
        const person = options.person === undefined ? null : await findPerson(client, options.person);
        const answer = await client.call(contract.setChatLogin, { body: { connection: options.connection, user, person } });
        shell.print(person === null ? `${user} is nobody any more.` : `${user} is ${person}.`, answer);
      }),
    );
};
