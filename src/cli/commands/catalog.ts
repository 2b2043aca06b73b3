import { readFile } from 'node:fs/promises';
import { confirm, isCancel } from '@clack/prompts';
import type { z } from 'zod';
import { applyCatalog, listEnvironments, listServices, planCatalog, type catalogPlanSchema } from '../../contract/catalog.ts';
import { unreadable, usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';

type Plan = z.infer<typeof catalogPlanSchema>;
type ApplyOptions = { file: string; prune?: boolean; yes?: boolean; plan?: boolean };

/** ym apply, ym services, ym environments */
export const catalogCommands: AddCommand = (program, run) => {
  program
    .command('apply')
    .description('show what a yardmaster.yaml would change, then change it')
    .option('-f, --file <file>', 'the file', 'yardmaster.yaml')
    .option('--prune', 'also remove what the file does not name')
    .option('--plan', 'only show the plan')
    .option('-y, --yes', 'apply without asking')
    .action(
      run(async (shell, options: ApplyOptions) => {
        const client = shell.client();
        const text = await readText(options.file);
        const body = { text, file: options.file.slice(0, 300), prune: options.prune === true };
        const plan = await client.call(planCatalog, { body });
        if (plan.changes.length === 0 && plan.policy === null) return shell.print('Nothing to change.', { applied: false, ...plan });
        if (options.plan === true) return shell.print(describe(plan), { applied: false, ...plan });
        shell.progress(describe(plan));
        if (options.yes !== true && !(await agreed())) {
          shell.print('Nothing was changed.', { applied: false, ...plan });
          return EXIT.waiting;
        }
        const applied = await client.call(applyCatalog, { body: { ...body, plan: plan.digest } });
        shell.print(`Applied: ${applied.changes.length} changes, ${applied.unchanged} unchanged.`, { applied: true, ...applied });
      }),
    );
  program
    .command('services')
    .description('all services')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listServices);
        const rows = list.items.map((one) => [one.name, one.team, `tier ${one.tier}`, one.policy, plain(one.repository?.url ?? '')]);
        shell.print(rows.length === 0 ? 'No services yet. Describe one in yardmaster.yaml, then: ym apply' : table(rows), list);
      }),
    );
  program
    .command('environments')
    .description('all environments, in the order that a release passes them')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listEnvironments);
        const rows = list.items.map((one) => [
          one.name,
          one.kind,
          one.after.length === 0 ? 'first' : `after ${one.after.join(', ')}`,
          one.strategy.kind,
          `agent ${one.agent}`,
        ]);
        shell.print(rows.length === 0 ? 'No environments yet. Describe them in yardmaster.yaml, then: ym apply' : table(rows), list);
      }),
    );
};

function describe(plan: Plan): string {
  const signs = { create: '+', change: '~', remove: '-' } as const;
  const lines = plan.changes.flatMap((change) => [
    `${signs[change.act]} ${change.kind} ${change.name}`,
    ...change.fields.map(
      (field) => `    ${field.field}: ${change.act === 'create' ? '' : `${short(field.before)} -> `}${short(field.after)}`,
    ),
  ]);
  const policy =
    plan.policy === null ? [] : [`~ policy of services that name none: ${plan.policy.before ?? 'none'} -> ${plan.policy.after ?? 'none'}`];
  return plain(
    [
      ...lines,
      ...policy,
      ...plan.warnings.map((one) => `warning: ${one.message}`),
      `${plan.changes.length} changes, ${plan.unchanged} unchanged`,
    ].join('\n'),
  );
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable({ file, why: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usage({ what: 'There is no terminal to ask whether to apply this.', try: 'Look at it with --plan, then repeat with --yes.' });
  const answer = await confirm({ message: 'Apply this?' });
  return answer === true && !isCancel(answer);
}
