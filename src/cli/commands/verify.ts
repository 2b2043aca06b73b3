import { verifyBundle } from '../../evidence/verify/verify.ts';
import { unreadable } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { readBytes, readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { line, table, wrap } from '../terminal.ts';

/**
 * ym verify: no server, no network, no configuration. What it runs is src/evidence/verify, which imports nothing but
 * src/kernel and the rules of src/releases that it derives decisions with; read it there.
 */
export const verifyCommand: AddCommand = (program, run) => {
  program
    .command('verify <file>')
    .description('verify an evidence bundle offline, trusting only the keys of the trust file')
    .requiredOption('--trust <file>', 'the trust file that you got from elsewhere')
    .option('--checkpoint <file>', 'a checkpoint that you kept (ym checkpoint): the bundle must continue it')
    .action(
      run(async (shell, file: string, options: { trust: string; checkpoint?: string }) => {
        const trust = parse(options.trust, await readBytes(options.trust));
        const checkpoint = options.checkpoint === undefined ? {} : { checkpoint: await readText(options.checkpoint) };
        const result = verifyBundle(await readBytes(file), trust, checkpoint);
        const rows = result.checks.map((check) => [
          shell.paint(check.ok ? 'green' : 'red', check.ok ? '✔' : '✖'),
          check.name,
          line(check.why),
        ]);
        const missing = result.missing.map((one) => wrap(`missing: ${words(one)}`, '   '));
        const said = result.ok
          ? `Verified: ${result.facts} facts in a ledger of ${result.ledger?.size ?? 0} entries\n(${result.ledger?.origin ?? ''}).`
          : 'REFUSED. Do not rely on this bundle.';
        shell.print([table(rows), ...missing, said].join('\n'), { ...result, verified: result.ok });
        return result.ok ? EXIT.ok : EXIT.failed;
      }),
    );
};

function words(missing: unknown): string {
  const { what, why } = missing as { what?: unknown; why?: unknown };
  return typeof what === 'string' && typeof why === 'string' ? `${what}: ${why}` : (JSON.stringify(missing) ?? '');
}

function parse(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    throw unreadable({ file, why: 'it is no JSON' });
  }
}
