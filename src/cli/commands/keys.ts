import type { Command } from 'commander';
import {
  listKeys,
  listSigningKeys,
  removeMasterKey,
  revokeSigningKey,
  rotateDataKeys,
  rotateMasterKey,
  rotateSigningKey,
} from '../../contract/keys.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand, Run } from '../main.ts';
import { line, table, when } from '../terminal.ts';

/** ym keys, ym keys rotate|rotate-data|remove, ym keys signing|rotate-signing|revoke-signing */
export const keyCommands: AddCommand = (program, run) => {
  const keys = program
    .command('keys')
    .description('the keys of stored secrets, and those that sign evidence: ym keys')
    .usage('[command] [options]');
  keys
    .command('show', { isDefault: true })
    .description('master keys and data keys, by name and state; never a key')
    .action(
      run(async (shell) => {
        const view = await shell.client().call(listKeys);
        const rows = view.masters.map((one) => [
          one.id,
          one.state,
          one.uses === 0 ? 'nothing uses it' : `${one.uses} wrapped`,
          when(one.changedAt),
          one.unknownTo.length === 0 || one.state === 'removed' ? '' : `not known to ${one.unknownTo.map(line).join(', ')}`,
        ]);
        const data = `${view.dataKeys} data keys${view.retiring === 0 ? '' : `, ${view.retiring} being replaced`}; ${view.servers.length} servers.`;
        shell.print(rows.length === 0 ? 'No secret was stored yet, so there is no key yet.' : `${table(rows)}\n${data}`, view);
      }),
    );
  keys
    .command('rotate')
    .description('make a new master key and use it')
    .action(
      run(async (shell) => {
        const made = await shell.client().call(rotateMasterKey);
        const waits = `It is announced; waiting for ${made.waitsFor.map(line).join(', ') || 'a server'}.`;
        const text = made.state === 'current' ? 'It is current; data keys follow by themselves.' : waits;
        shell.print(`${made.key}: ${text} See: ym keys`, made);
        return made.state === 'current' ? EXIT.ok : EXIT.waiting;
      }),
    );
  keys
    .command('rotate-data')
    .description('seal stored secrets again under new data keys')
    .option('--service <service>', 'only those of this service')
    .action(
      run(async (shell, options: { service?: string }) => {
        const done = await shell.client().call(rotateDataKeys, { body: { service: options.service } });
        shell.print(`${done.keys} data keys are being replaced. See: ym keys`, done);
      }),
    );
  keys
    .command('remove <key>')
    .description('end a master key that nothing uses any more')
    .action(
      run(async (shell, key: string) =>
        shell.print(`Removed ${line(key)}.`, await shell.client().call(removeMasterKey, { params: { key } })),
      ),
    );
  signing(keys, run);
};

function signing(keys: Command, run: Run): void {
  keys
    .command('signing')
    .description('the keys that evidence was ever signed with, oldest first')
    .action(
      run(async (shell) => {
        const view = await shell.client().call(listSigningKeys);
        const rows = view.items.map((one) => [
          one.keyId,
          line(one.name),
          one.current
            ? 'signs'
            : one.revokedFrom === null
              ? 'good'
              : `revoked from ${when(one.revokedFrom)}: ${line(one.revokedReason ?? '')}`,
          when(one.createdAt),
        ]);
        const text = rows.length === 0 ? 'Nothing was signed yet.' : table(rows);
        shell.print(view.problem === null ? text : `${text}\n${line(view.problem)}`, view);
      }),
    );
  keys
    .command('rotate-signing')
    .description('make a new key for evidence; what older ones signed stays good')
    .action(
      run(async (shell) => {
        const made = await shell.client().call(rotateSigningKey);
        shell.print(`${made.keyId} (${line(made.name)}) signs from now on. Give trust files anew: ym trust`, made);
      }),
    );
  keys
    .command('revoke-signing <key>')
    .description('end the worth of a key from an instant on')
    .requiredOption('--reason <reason>', 'why, for those who read it later')
    .option('--from <instant>', 'from when on: 2026-11-28T10:00:00Z (default: now)')
    .action(
      run(async (shell, key: string, options: { reason: string; from?: string }) => {
        const { reason, from } = options;
        const gone = await shell.client().call(revokeSigningKey, { params: { key }, body: { reason, from } });
        shell.print(`What ${gone.keyId} signed from ${when(gone.revokedFrom ?? '')} on counts for nothing.`, gone);
      }),
    );
}
