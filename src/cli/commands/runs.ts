import { cancelRun, getRun, listRuns, readLog, startRun, type RunView } from '../../contract/pipelines.ts';
import type { Client } from '../../host/client.http.ts';
import { formatDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { keyValues } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { plain, table } from '../terminal.ts';

type RunOptions = { ref?: string; commit?: string; input?: string[]; wait: boolean };

/** ym run, ym run list|cancel, ym logs */
export const runCommands: AddCommand = (program, run) => {
  const group = program.command('run').description('run pipelines');
  group
    .command('start <service>')
    .description('run the pipeline of a service and wait for its end')
    .option('--ref <ref>', 'branch or tag (default: the service’s own branch)')
    .option('--commit <commit>', 'a full commit id')
    .option('--input <input...>', 'KEY=VALUE for the pipeline')
    .option('--no-wait', 'only start it')
    .action(
      run(async (shell, service: string, options: RunOptions) => {
        const client = shell.client();
        const started = await client.call(
          startRun,
          { body: { service, ref: options.ref, commit: options.commit, inputs: keyValues(options.input) } },
          { signal: shell.signal },
        );
        return finish(shell, options.wait ? await follow(shell, client, started) : started, options.wait);
      }),
    );
  group
    .command('wait <run>')
    .description('wait for the end of a run')
    .action(
      run(async (shell, id: string) => {
        const client = shell.client();
        return finish(shell, await follow(shell, client, await client.call(getRun, { params: { run: id } })), true);
      }),
    );
  group
    .command('list')
    .description('runs, newest first')
    .option('--service <service>')
    .option('--commit <commit>')
    .option('--limit <n>', 'how many', '20')
    .action(
      run(async (shell, options: { service?: string; commit?: string; limit: string }) => {
        const list = await shell
          .client()
          .call(listRuns, { query: { service: options.service, commit: options.commit, limit: Number(options.limit) } });
        const rows = list.items.map((one) => [
          one.id,
          one.service,
          one.state,
          plain(one.ref ?? ''),
          (one.commit ?? '').slice(0, 10),
          one.trigger,
          one.queuedAt,
        ]);
        shell.print(rows.length === 0 ? 'No runs yet. Push to a watched repository, or: ym run start SERVICE' : table(rows), list);
      }),
    );
  group
    .command('show <run>')
    .description('one run with its jobs and steps')
    .action(run(async (shell, id: string) => finish(shell, await shell.client().call(getRun, { params: { run: id } }), false)));
  group
    .command('cancel <run>')
    .description('cancel a run')
    .option('--reason <reason>')
    .action(
      run(async (shell, id: string, options: { reason?: string }) => {
        const answer = await shell.client().call(cancelRun, { params: { run: id }, body: { reason: options.reason } });
        shell.print(`${id} is ${answer.state}.`, answer);
      }),
    );
  program
    .command('logs <run>')
    .description('the logs of a run; follows them while it runs')
    .option('--job <job>', 'only this job, by name')
    .action(run(async (shell, id: string, options: { job?: string }) => showLogs(shell, id, options.job)));
};

async function follow(shell: Shell, client: Client, start: RunView): Promise<RunView> {
  let view = start;
  for (;;) {
    for (const line of lines(view)) shell.progress(line);
    if (view.finishedAt !== null) return view;
    view = await client.call(
      getRun,
      { params: { run: view.id }, query: { wait: 20, version: view.version } },
      { signal: shell.signal, timeoutMs: 60_000 },
    );
  }
}

function lines(view: RunView): string[] {
  return view.jobs
    .filter((job) => job.state !== 'waiting')
    .map((job) => `${view.service} ${plain(job.name)}: ${job.state}${job.cause === null ? '' : ` (${plain(job.cause)})`}`)
    .slice(-1);
}

function finish(shell: Shell, view: RunView, waited: boolean): Exit {
  const rows = view.jobs.map((job) => [
    plain(job.name),
    job.state,
    job.startedAt !== null && job.finishedAt !== null ? formatDuration(Date.parse(job.finishedAt) - Date.parse(job.startedAt)) : '',
    plain(job.cause ?? ''),
  ]);
  const artifacts = view.jobs.flatMap((job) => job.artifacts.map((one) => `  ${plain(one.name)} ${one.digest}`));
  shell.print(
    [
      `Run ${view.id} of ${view.service} is ${view.state}${view.cause === null ? '' : `: ${plain(view.cause)}`}`,
      table(rows),
      ...(artifacts.length === 0 ? [] : ['Artifacts:', ...artifacts]),
    ].join('\n'),
    view,
  );
  return !waited || view.state === 'succeeded' ? EXIT.ok : EXIT.failed;
}

async function showLogs(shell: Shell, id: string, name: string | undefined): Promise<void> {
  const client = shell.client();
  const view = await client.call(getRun, { params: { run: id } });
  const jobs = view.jobs.filter((job) => name === undefined || job.name === name);
  if (jobs.length === 0)
    throw usage({ what: `Run ${id} has no job ${name ?? ''}.`, try: `Its jobs are: ${view.jobs.map((job) => job.name).join(', ')}.` });
  const whole: Record<string, string> = {};
  for (const job of jobs) {
    if (!shell.json && jobs.length > 1) shell.raw(`== ${plain(job.name)}\n`);
    let offset = 0;
    let text = '';
    for (let end = false; !end;) {
      const part = await client.call(
        readLog,
        { params: { job: job.id }, query: { offset, wait: job.state === 'waiting' ? 0 : 20 } },
        { signal: shell.signal, timeoutMs: 60_000 },
      );
      if (shell.json) text += part.text;
      else shell.raw(plain(part.text));
      offset = part.next;
      end = part.end || job.state === 'waiting' || job.state === 'skipped';
    }
    whole[job.name] = text;
  }
  if (shell.json) shell.print('', { run: id, logs: whole });
}
