import type { z } from 'zod';
import { inbox, type inboxItem } from '../../contract/inbox.ts';
import type { AddCommand } from '../main.ts';
import { line, when, wrap } from '../terminal.ts';
import { instants } from './decisions.ts';

type Item = z.infer<typeof inboxItem>;

/** ym inbox: what waits for you, what happens if nobody acts, and the command that acts. */
export const inboxCommand: AddCommand = (program, run) => {
  program
    .command('inbox')
    .description('what waits for you: approvals, deployments that need a person, reviews, waivers')
    .action(
      run(async (shell) => {
        const answer = await shell.client().call(inbox);
        const items = answer.items.map((item) =>
          [
            `${shell.paint('bold', line(item.title))}  ${item.due === null ? `since ${when(item.since)}` : `due ${when(item.due)}`}`,
            wrap(instants(item.why), '  '),
            wrap(`otherwise: ${instants(item.otherwise)}`, '  '),
            ...commandsFor(item).map((command) => `  ${line(command)}`),
          ].join('\n'),
        );
        const more = answer.more ? ['There is more: it comes up as soon as some of these are done.'] : [];
        shell.print(items.length === 0 ? 'Nothing waits for you.' : [...items, ...more].join('\n\n'), answer);
      }),
    );
};

/** The commands that decide it, ready to be typed; what outsiders named is quoted so that a shell takes it as one word. */
export function commandsFor({ act, release, service, environment }: Item): string[] {
  const what = release === null || service === null ? '' : quoted(`${service}@${release.version}`);
  const where = `--env ${environment ?? 'ENV'}`;
  switch (act.kind) {
    case 'vote':
      return ['approve', 'reject'].flatMap((verdict) => [
        ...(act.myself ? [`ym ${verdict} ${what} ${where} --intent ${act.intent} --reason "..."`] : []),
        ...act.for.map((one) => `ym ${verdict} ${what} ${where} --for ${one.id} --intent ${act.intent} --reason "..."`),
      ]);
    case 'deployment':
      return [
        `ym deployment show ${act.deployment}`,
        ...(act.retry ? [`ym deploy ${what} ${where}`] : []),
        ...(act.rollBack === null ? [] : [`ym rollback ${service ?? 'SERVICE'} ${where} --reason "..."`]),
        ...(act.abandon ? [`ym release abandon ${what} --reason "..."`] : []),
      ];
    case 'break-glass':
      return [`ym release break-glass ${what} ${where} --ticket ${quoted(act.ticket)} --reason "..."`];
    case 'verify':
      return [`ym env verify ${environment ?? 'ENV'} --service ${service ?? 'SERVICE'}`];
    case 'tick':
      return act.items.map((item) => `ym release check ${what} ${quoted(item)} ${where} --answer yes`);
    case 'waiver':
      if (act.can === 'decide') return [`ym waiver approve ${act.waiver} --reason "..."`, `ym waiver reject ${act.waiver} --reason "..."`];
      return act.can === 'pay' ? [`ym waiver pay ${act.waiver} --reason "..."`] : [];
    case 'parked':
      return ['ym parked list'];
  }
}

/** A word for a shell: as it is where it is plain, else in single quotes. */
function quoted(word: string): string {
  return /^[\w@.:/+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
