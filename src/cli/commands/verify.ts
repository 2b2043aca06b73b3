import { verifyBundle } from '../../evidence/verify/verify.ts';
import { unreadable } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';
import { readBytes } from './evidence.ts';

/**
 * ym verify: no server, no network, no configuration. What it runs is src/evidence/verify, which imports nothing but
 * src/kernel and the rules of src/releases that it derives decisions with; read it there.
 */
export const verifyCommand: AddCommand = (program, run) => {
  program
    .command('verify <file>')
    .description('verify an evidence bundle offline, trusting only the keys of the trust file')
    .requiredOption('--trust <file>', 'the trust file that you got from elsewhere')
    .option('--checkpoint <file>', 'a checkpoint that you kept: the bundle must continue it')
    .action(
      run(async (shell, file: string, options: { trust: string; checkpoint?: string }) => {
        const trust = parse(options.trust, await readBytes(options.trust));
        const checkpoint =
          options.checkpoint === undefined ? {} : { checkpoint: Buffer.from(await readBytes(options.checkpoint)).toString('utf8') };
        const result = verifyBundle(await readBytes(file), trust, checkpoint);
        const rows = result.checks.map((check) => [
          shell.paint(check.ok ? 'green' : 'red', check.ok ? '✔' : '✖'),
          check.name,
          plain(check.why),
        ]);
        const missing = result.missing.map((one) => `missing: ${plain(JSON.stringify(one))}`);
        const said = result.ok
          ? `Verified: ${result.facts} facts in ${result.ledger?.origin ?? ''}, ${result.ledger?.size ?? 0} entries.`
          : 'REFUSED. Do not rely on this bundle.';
        shell.print([table(rows), ...missing, said].join('\n'), { ...result, verified: result.ok });
        return result.ok ? EXIT.ok : EXIT.failed;
      }),
    );
};

function parse(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    throw unreadable({ file, why: 'it is no JSON' });
  }
}
