import type { z } from 'zod';
import { applyCatalog, getService, listServices, listTeams, planCatalog, type catalogPlanSchema } from '../../contract/catalog.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { pointingAt } from '../point.ts';
import { count, line, plain, table } from '../terminal.ts';

type Plan = z.infer<typeof catalogPlanSchema>;
type ApplyOptions = { file: string; prune?: boolean; yes?: boolean; plan?: boolean };

/** ym apply, ym services, ym teams */
export const catalogCommands: AddCommand = (program, run) => {
  program
    .command('apply')
    .description('show what a yardmaster.yaml would change, then change it')
    .option('-f, --file <file>', 'the file; - is standard input', 'yardmaster.yaml')
    .option('--prune', 'also remove what the file does not name')
    .option('--plan', 'only show the plan')
    .option('-y, --yes', 'apply without asking')
    .action(
      run(async (shell, options: ApplyOptions) => {
        const client = shell.client();
        const text = await readText(options.file);
        const body = { text, file: options.file.slice(0, 300), prune: options.prune === true };
        const plan = await pointingAt(text, () => client.call(planCatalog, { body }));
        if (plan.changes.length === 0 && plan.policy === null) return shell.print('Nothing to change.', { applied: false, ...plan });
        if (options.plan === true) return shell.print(describe(plan), { applied: false, ...plan });
        shell.progress(describe(plan));
        if (options.yes !== true && !(await agreed())) {
          shell.print('Nothing was changed.', { applied: false, ...plan });
          return EXIT.waiting;
        }
        const applied = await client.call(applyCatalog, { body: { ...body, plan: plan.digest } });
        shell.print(`Applied: ${count(applied.changes.length, 'change')}, ${applied.unchanged} unchanged.${next(applied)}`, {
          applied: true,
          ...applied,
        });
      }),
    );
  program
    .command('services [service]')
    .description('all services, or everything about one')
    .action(
      run(async (shell, name: string | undefined) => {
        if (name !== undefined) {
          const service = await shell.client().call(getService, { params: { service: name } });
          return shell.print(table(Object.entries(service).map(([key, value]) => [fieldWords(key), short(value, 400)])), service);
        }
        const list = await shell.client().call(listServices);
        const rows = list.items.map((one) => [one.name, one.team, String(one.tier), one.policy, line(one.repository?.url ?? '')]);
        const none = 'No services yet. Describe one in yardmaster.yaml, then: ym apply';
        shell.print(rows.length === 0 ? none : table(rows, ['SERVICE', 'TEAM', 'TIER', 'POLICY', 'REPOSITORY']), list);
      }),
    );
  program
    .command('teams')
    .description('all teams')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listTeams);
        const rows = list.items.map((one) => [
          one.name,
          line(one.title ?? ''),
          count(one.members.length, 'member'),
          one.unknownMembers === 0 ? '' : `${one.unknownMembers} not known yet`,
        ]);
        shell.print(rows.length === 0 ? 'No teams yet. Describe them in yardmaster.yaml, then: ym apply' : table(rows), list);
      }),
    );
};

function next(applied: Plan): string {
  const fresh = applied.changes.find((one) => one.act === 'create' && one.kind === 'service');
  return fresh === undefined ? '' : `\nNext: ym run ${fresh.name}`;
}

function describe(plan: Plan): string {
  const signs = { create: '+', change: '~', remove: '-' } as const;
  const lines = plan.changes.flatMap((change) => [
    `${signs[change.act]} ${change.kind} ${change.name}`,
    ...change.fields
      // What a new thing does not have is no news.
      .filter((field) => change.act !== 'create' || !isNothing(field.after))
      .map(
        (field) => `    ${fieldWords(field.field)}: ${change.act === 'change' ? `${short(field.before)} -> ` : ''}${short(field.after)}`,
      ),
  ]);
  const policy =
    plan.policy === null ? [] : [`~ policy of services that name none: ${plan.policy.before ?? 'none'} -> ${plan.policy.after ?? 'none'}`];
  return plain(
    [
      ...lines,
      ...policy,
      ...plan.warnings.map((one) => `warning: ${one.file}:${one.range.start.line}:${one.range.start.column}: ${one.message} ${one.remedy}`),
      `${count(plan.changes.length, 'change')}, ${plan.unchanged} unchanged`,
    ].join('\n'),
  );
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}

const fieldWords = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** A value of the file as a person would write it, cut to fit a line. */
function short(value: unknown, limit = 66): string {
  const text = line(flow(value));
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function flow(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const parts = Object.entries(value).filter((entry) => !isNothing(entry[1]));
  return parts.length === 0 ? 'none' : `{ ${parts.map(([key, one]) => `${fieldWords(key)}: ${flow(one)}`).join(', ')} }`;
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usage({ what: 'There is no terminal to ask whether to apply this.', try: 'Look at it with --plan, then repeat with --yes.' });
  const { confirm, isCancel } = await import('@clack/prompts');
  const answer = await confirm({ message: 'Apply this?' });
  return answer === true && !isCancel(answer);
}
