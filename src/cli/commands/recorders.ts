import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { line } from '../terminal.ts';

type Standing = { readonly id: string; readonly name: string; readonly revokedAt: string | null };

/** ym recorder-key list|add|revoke */
export const recorderKeyCommands: AddCommand = (program, run) => {
  const group = program.command('recorder-key').description('keys whose attestations of recorded builds count');
  group
    .command('list')
    .description('the keys, standing and revoked')
    .action(
      run(async (shell) => {
        const { listRecorderKeys } = await import('../../contract/record.ts');
        const list = await shell.client().call(listRecorderKeys);
        shell.print(table(list.items, (one) => one.services?.join(', ') ?? 'all services') ?? 'No key is registered.', list);
      }),
    );
  group
    .command('add <name> <file>')
    .description('trust a public key (SPKI in PEM: Ed25519 or ECDSA P-256)')
    .option('--service <service...>', 'only for these services (default: all)')
    .action(
      run(async (shell, name: string, file: string, options: { service?: string[] }) => {
        const { addRecorderKey } = await import('../../contract/record.ts');
        const key = await shell
          .client()
          .call(addRecorderKey, { body: { name, publicKey: await readText(file), services: options.service } });
        shell.print(`${key.id} is trusted: ${key.keyId}`, key);
      }),
    );
  group
    .command('revoke <key>')
    .description('trust a key no more: what it signed proves nothing from now on')
    .action(
      run(async (shell, key: string) => {
        const { revokeRecorderKey } = await import('../../contract/record.ts');
        const gone = await shell.client().call(revokeRecorderKey, { params: { key } });
        shell.print(`${gone.name} is trusted no more.`, gone);
      }),
    );
};

/** ym recorder-identity list|add|revoke */
export const recorderIdentityCommands: AddCommand = (program, run) => {
  const group = program
    .command('recorder-identity')
    .description('identities of Sigstore certificates (keyless) whose attestations of recorded builds count');
  group
    .command('list')
    .description('the identities, standing and revoked')
    .action(
      run(async (shell) => {
        const { listRecorderIdentities } = await import('../../contract/record.ts');
        const list = await shell.client().call(listRecorderIdentities);
        const words = (one: (typeof list.items)[number]) =>
          `${line(one.subject)} by ${line(one.issuer)}, ${one.repository === null ? 'in the service’s repository' : `in ${line(one.repository)}`}, ${one.services?.join(', ') ?? 'all services'}`;
        shell.print(table(list.items, words) ?? 'No identity is registered.', list);
      }),
    );
  group
    .command('add <name>')
    .description('trust an identity, as certificates of Sigstore say it')
    .requiredOption(
      '--subject <subject>',
      'as its certificates say it: a workflow’s address with @ and its ref, or an e-mail address; one * may end it',
    )
    .option('--issuer <issuer>', 'who vouched for it', 'https://token.actions.githubusercontent.com')
    .option('--repository <url>', 'the source repository that the certificate must name (default: the one of the service)')
    .option('--service <service...>', 'only for these services (default: all)')
    .action(
      run(async (shell, name: string, options: { subject: string; issuer: string; repository?: string; service?: string[] }) => {
        const { addRecorderIdentity } = await import('../../contract/record.ts');
        const { subject, issuer, repository, service: services } = options;
        const made = await shell.client().call(addRecorderIdentity, { body: { name, subject, issuer, repository, services } });
        shell.print(`${made.id} is trusted: ${line(made.subject)}`, made);
      }),
    );
  group
    .command('revoke <identity>')
    .description('trust an identity no more: what it signed proves nothing from now on')
    .action(
      run(async (shell, identity: string) => {
        const { revokeRecorderIdentity } = await import('../../contract/record.ts');
        const gone = await shell.client().call(revokeRecorderIdentity, { params: { identity } });
        shell.print(`${gone.name} is trusted no more.`, gone);
      }),
    );
};

/** ym sigstore-root list|add|revoke */
export const sigstoreRootCommands: AddCommand = (program, run) => {
  const group = program.command('sigstore-root').description('Sigstore instances that certificates are judged by, offline');
  group
    .command('list')
    .description('the instances, standing and revoked')
    .action(
      run(async (shell) => {
        const { listSigstoreRoots } = await import('../../contract/record.ts');
        const list = await shell.client().call(listSigstoreRoots);
        const words = (one: (typeof list.items)[number]) => line([...one.authorities, ...one.logs].join(', '));
        shell.print(table(list.items, words) ?? 'No Sigstore instance is trusted.', list);
      }),
    );
  group
    .command('add <name> <file>')
    .description('trust an instance by its trusted_root.json; nothing is fetched, now or later')
    .action(
      run(async (shell, name: string, file: string) => {
        const { addSigstoreRoot } = await import('../../contract/record.ts');
        const made = await shell.client().call(addSigstoreRoot, { body: { name, document: await readText(file) } });
        shell.print(`${made.id} is trusted: ${line(made.authorities.join(', '))}`, made);
      }),
    );
  group
    .command('revoke <root>')
    .description('trust an instance no more')
    .action(
      run(async (shell, root: string) => {
        const { revokeSigstoreRoot } = await import('../../contract/record.ts');
        const gone = await shell.client().call(revokeSigstoreRoot, { params: { root } });
        shell.print(`${gone.name} is trusted no more.`, gone);
      }),
    );
};

/** A line each; null: there is none. */
function table<Item extends Standing>(items: readonly Item[], words: (one: Item) => string): string | null {
  const rows = items.map((one) => `${one.id}  ${one.name}  ${words(one)}${one.revokedAt === null ? '' : '  revoked'}`);
  return rows.length === 0 ? null : rows.join('\n');
}
