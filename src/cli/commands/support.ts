import { getSupportBundle } from '../../contract/support.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';

/** ym support-bundle */
export const supportCommand: AddCommand = (program, run) => {
  program
    .command('support-bundle')
    .description('what helps to find a fault, as one file without secrets or people')
    .option('--out <file>', 'write it there', 'yardmaster-support.tar.gz')
    .action(
      run(async (shell, options: { out: string }) => {
        const { stream } = await shell.client().call(getSupportBundle, {}, { timeoutMs: 120_000 });
        await writeWhole(options.out, stream);
        const text = `Wrote ${options.out}. Its manifest.json says what is in it; look through it before you send it:\n  tar -xzOf ${options.out} yardmaster-support/manifest.json`;
        shell.print(text, { file: options.out });
      }),
    );
};
