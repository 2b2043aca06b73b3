import * as contract from '../../contract/waivers.ts';
import { serviceRules } from '../../contract/policy-levels.ts';
import type { Client } from '../../host/client.http.ts';
import { parseDuration, plus } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, findRelease, oneOf } from '../refs.ts';
import { line, table, when, wrap } from '../terminal.ts';

type RequestOptions = {
  service: string;
  kind: string;
  subject: string;
  env?: string;
  owner?: string;
  reason: string;
  ticket: string;
  for: string;
};

const KINDS = ['finding', 'check', 'freeze', 'quarantine', 'approval'] as const;
const STATES = contract.waiverSchema.shape.state.options;

/** ym waiver request|list|vex|show|extend|approve|reject|revoke|pay */
export const waiverCommands: AddCommand = (program, run) => {
  const group = program.command('waiver').description('whatever suspends a rule for a while: owner, approver, expiry');
  group
    .command('request')
    .description('ask to suspend a rule; another person has to approve it')
    .requiredOption('--service <service>', 'for which service')
    .requiredOption('--kind <kind>', KINDS.join(', '))
    .requiredOption(
      '--subject <subject>',
      'fingerprint:..., cve:..., purl:..., rule:..., licence:... or path:... for a finding; the name of the check, freeze or test else',
    )
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--ticket <ticket>', 'where it is written down')
    .requiredOption('--for <duration>', 'how long: 7d')
    .option('--env <environment>', 'only there')
    .option('--owner <person>', 'who answers for it (default: you)')
    .action(
      run(async (shell, options: RequestOptions) => {
        const client = shell.client();
        const ms = parseDuration(options.for);
        if (ms === null) throw usage({ what: `"${options.for}" is no duration.`, try: 'Write it like 12h or 7d.' });
        const made = await client.call(contract.requestWaiver, {
          body: {
            kind: oneOf('--kind', options.kind, KINDS),
            service: options.service,
            environment: options.env,
            subject: options.subject,
            owner: options.owner === undefined ? undefined : await findPerson(client, options.owner),
            reason: options.reason,
            ticket: options.ticket,
            expiresAt: plus(new Date().toISOString(), ms),
          },
        });
        const note = made.kind === 'check' ? await askedNowhere(client, options.service, made.subject) : [];
        const decide = `Another person decides with: ym waiver approve ${made.id} --reason ...`;
        shell.print([`Asked: ${made.id}, until ${when(made.expiresAt)}.`, ...note, decide].join('\n'), made);
      }),
    );
  group
    .command('list')
    .description('waivers and debts, newest first')
    .option('--state <state>', STATES.join(', '))
    .action(
      run(async (shell, options: { state?: string }) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, STATES);
        const list = await shell.client().call(contract.listWaivers, { query: { state } });
        const rows = list.items.map((one) => [
          one.kind,
          one.state,
          one.service ?? one.team,
          line(one.owner.name),
          `until ${when(one.expiresAt)}`,
          one.id,
          line(one.subject),
        ]);
        shell.print(rows.length === 0 ? 'No waivers and no debts.' : table(rows), list);
      }),
    );
  group
    .command('vex <service>')
    .description('write the accepted vulnerabilities of a service as an OpenVEX document')
    .option('-o, --out <file>', 'where to', 'openvex.json')
    .action(
      run(async (shell, service: string, options: { out: string }) => {
        const { document, left } = await shell.client().call(contract.serviceVex, { params: { service } });
        await writeWhole(options.out, `${JSON.stringify(document, null, 2)}\n`);
        const more = left === 0 ? '' : ` ${left} accepted findings name no vulnerability and are not in it.`;
        const said = Array.isArray(document['statements']) ? document['statements'].length : 0;
        shell.print(`Wrote ${options.out}: ${said === 1 ? '1 statement' : `${said} statements`}.${more}`, { file: options.out, left });
      }),
    );
  group
    .command('show <waiver>')
    .description('one waiver or debt')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.getWaiver, { params: { waiver: id } });
        const decided =
          one.decided === null ? 'nobody yet' : `${line(one.decided.by.name)}, ${when(one.decided.at)}: ${line(one.decided.reason ?? '')}`;
        const rows = [
          ['state', `${one.state}${one.active ? ', lifts its rule now' : ''}`],
          ['kind', one.kind],
          ['subject', line(one.subject)],
          ['for', [one.service ?? `team ${one.team}`, one.environment].filter((part) => part !== null).join(' in ')],
          ['owner', line(one.owner.name)],
          ['asked by', `${line(one.requestedBy.name)}, ${when(one.createdAt)}`],
          ['reason', line(one.reason)],
          ['ticket', line(one.ticket)],
          ['until', when(one.expiresAt)],
          ['decided by', decided],
        ];
        shell.print(table(rows), one);
      }),
    );
  group
    .command('extend <waiver>')
    .description('ask for more time: a new request for the same, which another person has to approve')
    .requiredOption('--reason <reason>', 'why it is still needed')
    .requiredOption('--for <duration>', 'how long from now: 7d')
    .option('--ticket <ticket>', 'where it is written down, if elsewhere')
    .action(
      run(async (shell, id: string, options: { reason: string; for: string; ticket?: string }) => {
        const client = shell.client();
        const ms = parseDuration(options.for);
        if (ms === null) throw usage({ what: `"${options.for}" is no duration.`, try: 'Write it like 12h or 7d.' });
        const { version } = await client.call(contract.getWaiver, { params: { waiver: id } });
        const expiresAt = plus(new Date().toISOString(), ms);
        const made = await client.call(contract.extendWaiver, {
          params: { waiver: id },
          body: { version, reason: options.reason, ticket: options.ticket, expiresAt },
        });
        shell.print(
          `Asked: ${made.id}, until ${when(made.expiresAt)}.\nAnother person decides with: ym waiver approve ${made.id} --reason ...`,
          made,
        );
      }),
    );
  decisions(group, run);
};

/** What to say of a check that nothing asks of the service now: a name that is misspelt would suspend nothing. Asked as far as one may. */
async function askedNowhere(client: Client, service: string, subject: string): Promise<string[]> {
  const commit = await findRelease(client, service).then(
    (release) => release.commit,
    () => undefined,
  );
  const rules = await client.call(serviceRules, { params: { service }, query: { commit } }).catch(() => null);
  const asked = new Set(rules?.kinds.flatMap((kind) => kind.rules.flatMap(({ check }) => check ?? [])));
  if (rules === null || asked.has(subject)) return [];
  return [
    wrap(
      `No check ${line(subject)} is asked of ${service} now, so this suspends nothing. Those asked: ${[...asked].map(line).join(', ')}.`,
    ),
  ];
}

const decisions: AddCommand = (group, run) => {
  for (const [verb, route, said, description] of [
    ['approve', contract.approveWaiver, 'Approved', 'approve it, as another person'],
    ['reject', contract.rejectWaiver, 'Rejected', 'turn it down'],
    ['revoke', contract.revokeWaiver, 'Revoked', 'end it early: its rule holds again at once'],
    ['pay', contract.payDebt, 'Paid', 'say that a debt was paid'],
  ] as const) {
    group
      .command(`${verb} <waiver>`)
      .description(description)
      .requiredOption('--reason <reason>', 'why')
      .action(
        run(async (shell, id: string, options: { reason: string }) => {
          const client = shell.client();
          const { version } = await client.call(contract.getWaiver, { params: { waiver: id } });
          const answer = await client.call(route, { params: { waiver: id }, body: { version, reason: options.reason } });
          shell.print(`${said} ${id}: it is ${answer.state}.`, answer);
        }),
      );
  }
};
