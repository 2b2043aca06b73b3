import { checkPipeline } from '../../contract/pipelines.ts';
import { renderDiagnostics, type Diagnostic } from '../../kernel/diagnostic.ts';
import { PIPELINE_FILE, readPipeline } from '../../pipelines/definition/read.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { summary } from '../point.ts';

/** ym pipeline check */
export const pipelineCommands: AddCommand = (program, run) => {
  program
    .command('pipeline')
    .description('pipeline files')
    .command('check [file]')
    .description('every error of a pipeline file, with the words underlined; needs no server')
    .option('--server', 'let the server read it: by its rules, where its version differs from this')
    .action(
      run(async (shell, file: string = PIPELINE_FILE, options: { server?: boolean }) => {
        const text = await readText(file);
        const { ok, diagnostics } =
          options.server === true
            ? await shell.client().call(checkPipeline, { body: { text, file: file.slice(0, 300) } })
            : here(text, file);
        const found = diagnostics.length === 0 ? '' : `${renderDiagnostics(text, diagnostics)}\n\n`;
        shell.print(`${found}${file}: ${summary(diagnostics)}`, { ok, diagnostics });
        return ok ? EXIT.ok : EXIT.usage;
      }),
    );
};

function here(text: string, file: string): { ok: boolean; diagnostics: readonly Diagnostic[] } {
  const read = readPipeline(text, file);
  return read.ok ? { ok: true, diagnostics: read.warnings } : { ok: false, diagnostics: read.diagnostics };
}
