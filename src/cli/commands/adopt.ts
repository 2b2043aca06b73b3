import type { AddCommand } from '../main.ts';
import { serviceIn } from '../record-options.ts';
import { line, wrap } from '../terminal.ts';

/** ym adopt [service] */
export const adoptCommand: AddCommand = (program, run) => {
  program
    .command('adopt [service]')
    .description('the steps from a service that is only observed to one that is gated and deployed; done or not by facts')
    .option('--all', 'the steps of every level, also those that are done')
    .action(
      run(async (shell, name: string | undefined, options: { all?: boolean }) => {
        const { adoption } = await import('../../contract/adopt.ts');
        const service = serviceIn(name === undefined ? {} : { service: name }, process.env);
        const of = await shell.client().call(adoption, { params: { service } });
        const open = of.levels.find((level) => !level.done);
        const shown = options.all === true ? of.levels : of.levels.filter((level) => level === open);
        const text = [
          `${line(of.service)}: ${of.words}`,
          ...shown.flatMap((level) => [
            '',
            `${level.done ? shell.paint('green', '✔') : '…'} ${level.title}`,
            ...level.steps.flatMap((step) => [
              wrap(`  ${step.done ? shell.paint('green', '✔') : '…'} ${step.text}`, '    '),
              ...(step.done ? [] : [`      ${step.command}`]),
            ]),
          ]),
          ...(of.next === null ? [] : ['', `Next: ${of.next.command}`]),
        ];
        shell.print(text.join('\n'), of);
      }),
    );
};
