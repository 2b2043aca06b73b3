import * as contract from '../../contract/notify.ts';
import { formatDuration, parseDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { line, table, when } from '../terminal.ts';
import { chatCommands } from './notify-chat.ts';

const TLS = ['tls', 'starttls', 'none'] as const;

type MailOptions = {
  host?: string;
  port: string;
  tls: string;
  user?: string;
  password?: string;
  sender?: string;
  answerWithin: string;
  remindBefore: string;
  end?: boolean;
};

/** ym notify mail|test|deliveries|again|mine|channel|login */
export const notifyCommands: AddCommand = (program, run) => {
  const group = program.command('notify').description('who is told what, by mail and in chat');
  group
    .command('mail')
    .description('how mail is sent from here; with --host: change it')
    .option('--host <host>', 'the mail server')
    .option('--port <port>', 'its port', '587')
    .option('--tls <how>', TLS.join(', '), 'starttls')
    .option('--user <user>', 'as whom we sign in there')
    .option('--password <file>', 'the file with its password; - is standard input; left out, a kept one stays')
    .option('--sender <sender>', '"Yard <yard@example.org>"')
    .option('--answer-within <duration>', 'what is asked of people should be answered within so long', '24h')
    .option('--remind-before <duration>', 'and they are reminded so long before', '4h')
    .option('--end', 'send no mail any more')
    .action(
      run(async (shell, options: MailOptions) => {
        const client = shell.client();
        if (options.end === true) return shell.print('No mail is sent any more.', await client.call(contract.endMail, {}));
        const { mail } = await client.call(contract.getMail, {});
        if (options.host === undefined) return shell.print(mail === null ? 'No mail is sent from here.' : mailTable(mail), { mail });
        if (options.sender === undefined && mail === null)
          throw usage({ what: 'The sender is missing.', try: 'Add --sender "Yard <yard@example.org>".' });
        const saved = await client.call(contract.setMail, {
          body: {
            host: options.host,
            port: Number(options.port),
            tls: oneOf('--tls', options.tls, TLS),
            username: options.user ?? null,
            ...(options.password !== undefined
              ? { password: (await readText(options.password)).replace(/\r?\n$/, '') }
              : options.user === undefined
                ? { password: null }
                : {}),
            sender: options.sender ?? mail?.sender ?? '',
            answerWithinMs: durationOf('--answer-within', options.answerWithin),
            remindBeforeMs: durationOf('--remind-before', options.remindBefore),
            version: mail?.version ?? 0,
          },
        });
        shell.print(`${mailTable(saved)}\nSend one to yourself: ym notify test`, { mail: saved });
      }),
    );
  group
    .command('test')
    .description('send a mail to my own address now')
    .action(
      run(async (shell) => {
        const answer = await shell.client().call(contract.testMail, { body: {} });
        shell.print(`Sent to ${line(answer.to)}: ${line(answer.said)}`, answer);
      }),
    );
  deliveries(group, run);
  mine(group, run);
  chatCommands(group, run);
};

const deliveries: AddCommand = (group, run) => {
  group
    .command('deliveries')
    .description('what was sent, waits, or was given up, newest first')
    .option('--state <state>', contract.noticeSchema.shape.state.options.join(', '))
    .action(
      run(async (shell, options: { state?: string }) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, contract.noticeSchema.shape.state.options);
        const list = await shell.client().call(contract.listDeliveries, { query: { state } });
        const rows = list.items.map((one) => [
          when(one.at),
          one.state,
          one.road,
          line(one.receiver.name),
          line(one.subject),
          line(one.outcome ?? ''),
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'Nothing was sent.' : table(rows), list);
      }),
    );
  group
    .command('again <message>')
    .description('send a message again that was given up, or that did not arrive')
    .action(
      run(async (shell, notice: string) => {
        const answer = await shell.client().call(contract.sendAgain, { params: { notice }, body: {} });
        shell.print(`${notice} is on its way again.`, answer);
      }),
    );
};

type MineOptions = { want?: string[]; zone?: string; digest?: string; quiet?: string; address?: string };

const mine: AddCommand = (group, run) => {
  group
    .command('mine')
    .description('what I am told, how and when; with options: change it')
    .option('--want <kind=way...>', `${contract.NOTICE_KINDS.join(', ')} = ${contract.NOTICE_WAYS.join(', ')}`)
    .option('--zone <zone>', 'my time zone: Europe/Berlin')
    .option('--digest <hour>', 'the hour of the digest: 0 to 23')
    .option('--quiet <from-until>', '22:00-07:00, or off')
    .option('--address <address>', 'one of my addresses, or first')
    .action(
      run(async (shell, options: MineOptions) => {
        const client = shell.client();
        const now = await client.call(contract.getPreference, {});
        const changed = Object.keys(options).length > 0;
        const { preference } = changed ? await client.call(contract.setPreference, { body: changedBy(now.preference, options) }) : now;
        const { wants, zone, digestHour, quiet, address } = preference;
        const clock = (minute: number): string =>
          `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        shell.print(
          table([
            ...contract.NOTICE_KINDS.map((kind) => [kind, wants[kind]]),
            ['address', line(address ?? now.addresses[0] ?? 'none')],
            ['digest', `${digestHour}:00 ${zone}`],
            ['quiet', quiet === null ? 'never' : `${clock(quiet.from)} to ${clock(quiet.until)} ${zone}`],
          ]),
          { ...now, preference },
        );
      }),
    );
};

function changedBy(preference: contract.Preference, options: MineOptions): contract.Preference {
  const wants = { ...preference.wants };
  for (const one of options.want ?? []) {
    const [kind = '', way = ''] = one.split('=');
    wants[oneOf('--want', kind, contract.NOTICE_KINDS)] = oneOf('--want', way, contract.NOTICE_WAYS);
  }
  return {
    ...preference,
    wants,
    ...(options.zone === undefined ? {} : { zone: options.zone }),
    ...(options.digest === undefined ? {} : { digestHour: Number(options.digest) }),
    ...(options.quiet === undefined ? {} : { quiet: quietOf(options.quiet) }),
    ...(options.address === undefined ? {} : { address: options.address === 'first' ? null : options.address }),
  };
}

function quietOf(text: string): { from: number; until: number } | null {
  if (text === 'off') return null;
  const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text);
  if (found === null) throw usage({ what: `"${text}" are no quiet hours.`, try: 'Write them like 22:00-07:00, or off.' });
  const at = (hours: number): number => Number(found[hours]) * 60 + Number(found[hours + 1]);
  return { from: at(1), until: at(3) };
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw usage({ what: `${option} "${text}" is no duration.`, try: 'Write it like 4h or 1d.' });
  return ms;
}

function mailTable(mail: contract.MailSettingView): string {
  return table([
    ['server', `${line(mail.host)}:${mail.port} (${mail.tls})`],
    ['user', line(mail.username ?? 'none')],
    ['password', mail.password ? 'kept' : 'none'],
    ['sender', line(mail.sender)],
    ['answers', `within ${formatDuration(mail.answerWithinMs)}, reminded ${formatDuration(mail.remindBeforeMs)} before`],
    ['state', mail.lastError === null ? mail.state : `${mail.state}: ${line(mail.lastError)}`],
  ]);
}
