import { listKeys, removeMasterKey, rotateDataKeys, rotateMasterKey } from '../../contract/keys.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { line, table, when } from '../terminal.ts';

/** ym keys, ym keys rotate|rotate-data|remove */
export const keyCommands: AddCommand = (program, run) => {
  const keys = program.command('keys').description('the keys that protect stored secrets: ym keys').usage('[command] [options]');
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
};
