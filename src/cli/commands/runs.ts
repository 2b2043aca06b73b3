import { cancelRun, getRun, listRuns, readLog, retryRun, RUN_STATES, startRun, type RunView } from '../../contract/pipelines.ts';
import type { Client } from '../../host/client.http.ts';
import { formatDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { commitOf, findRun, keyValues, oneOf, wholeNumber } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, plain, table, when } from '../terminal.ts';
import { runHere, type LocalOptions } from './run-here.ts';

type RunOptions = { ref?: string; commit?: string; input?: string[]; wait: boolean };
type ListOptions = { service?: string; commit?: string; state?: string; ref?: string; limit: string };

/** ym run SERVICE, ym run local|wait|list|show|cancel|retry, ym logs */
export const runCommands: AddCommand = (program, run) => {
  const group = program.command('run').description('run pipelines: ym run SERVICE').usage('[command] [options]');
  group
    .command('start <service>', { isDefault: true })
    .description('run the pipeline of a service and wait for its end; the word start may be left out')
    .option('--ref <ref>', 'branch or tag (default: the service’s own branch)')
    .option('--commit <commit>', 'a full commit id')
    .option('--input <input...>', 'KEY=VALUE for the pipeline')
    .option('--no-wait', 'only start it')
    .action(
      run(async (shell, service: string, options: RunOptions) => {
        const client = shell.client();
        const body = { service, ref: options.ref, commit: commitOf(options.commit), inputs: keyValues(options.input) };
        const started = await client.call(startRun, { body }, { signal: shell.signal });
        return finish(shell, options.wait ? await follow(shell, client, started) : started, options.wait);
      }),
    );
  group
    .command('local')
    .description('run the pipeline of a folder on this machine, without a server')
    .option('--directory <folder>', 'the folder with .yardmaster/pipeline.yaml', '.')
    .option('--job <job>', 'only this job and what it needs')
    .option('--input <input...>', 'KEY=VALUE for the pipeline')
    .option('--secret <name...>', 'hand the environment variable of this name to jobs that ask for it')
    .option('--executor <executor>', 'host or sandbox (default: what each job asks for)')
    .option('--out <folder>', 'keep artifacts and reports there')
    .action(run(async (shell, options: LocalOptions) => runHere(shell, options)));
  lookAtRuns(group, run);
  program
    .command('logs <run>')
    .description('the logs of a run; follows them while it runs')
    .option('--job <job>', 'only this job, by name')
    .action(run(async (shell, name: string, options: { job?: string }) => showLogs(shell, name, options.job)));
};

const lookAtRuns: AddCommand = (group, run) => {
  group
    .command('wait <run>')
    .description('wait for the end of a run')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const id = await findRun(client, name);
        return finish(shell, await follow(shell, client, await client.call(getRun, { params: { run: id } })), true);
      }),
    );
  group
    .command('list')
    .description('runs, newest first')
    .option('--service <service>', 'only of a service')
    .option('--commit <commit>', 'only of a commit')
    .option('--state <state>', RUN_STATES.join(', '))
    .option('--ref <ref>', 'only of a branch or tag')
    .option('--limit <n>', 'how many', '20')
    .action(
      run(async (shell, options: ListOptions) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, RUN_STATES);
        const query = {
          service: options.service,
          commit: commitOf(options.commit),
          ref: options.ref,
          state,
          limit: wholeNumber('--limit', options.limit, 1, 1000),
        };
        const list = await shell.client().call(listRuns, { query });
        const rows = list.items.map((one) => [
          one.service,
          one.state,
          line((one.ref ?? '').replace(/^refs\/(heads|tags)\//, '')),
          (one.commit ?? '').slice(0, 10),
          one.trigger,
          when(one.queuedAt),
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'No runs yet. Push to a watched repository, or: ym run SERVICE' : table(rows), list);
      }),
    );
  group
    .command('show <run>')
    .description('one run with its jobs and steps')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        return finish(shell, await client.call(getRun, { params: { run: await findRun(client, name) } }), false);
      }),
    );
  group
    .command('cancel <run>')
    .description('cancel a run')
    .option('--reason <reason>', 'why')
    .action(
      run(async (shell, name: string, options: { reason?: string }) => {
        const client = shell.client();
        const id = await findRun(client, name);
        const answer = await client.call(cancelRun, { params: { run: id }, body: { reason: options.reason } });
        shell.print(`${id} is ${answer.state}.`, answer);
      }),
    );
  group
    .command('retry <run>')
    .description('run the commit of an ended run again and wait for its end')
    .option('--no-wait', 'only start it')
    .action(
      run(async (shell, name: string, options: { wait: boolean }) => {
        const client = shell.client();
        const params = { run: await findRun(client, name) };
        const started = await client.call(retryRun, { params, body: {} }, { signal: shell.signal });
        return finish(shell, options.wait ? await follow(shell, client, started) : started, options.wait);
      }),
    );
};

async function follow(shell: Shell, client: Client, start: RunView): Promise<RunView> {
  const said = new Set<string>();
  shell.progress(`${start.service}: run ${start.id}${start.commit === null ? '' : ` of commit ${start.commit.slice(0, 10)}`}`);
  let view = start;
  for (;;) {
    for (const news of newsOf(view)) {
      if (!said.has(news)) shell.progress(news);
      said.add(news);
    }
    if (view.finishedAt !== null) return view;
    view = await client.call(
      getRun,
      { params: { run: view.id }, query: { wait: 20, version: view.version } },
      { signal: shell.signal, timeoutMs: 60_000 },
    );
  }
}

function newsOf(view: RunView): string[] {
  return view.jobs
    .filter((job) => job.state !== 'waiting')
    .map((job) => {
      const again = job.attempt > 1 ? `, attempt ${job.attempt}` : '';
      const waits = job.state === 'queued' ? `, for a runner of pool ${job.pool}` : '';
      return `${view.service}: ${line(job.name)} is ${job.state}${waits}${again}${job.cause === null ? '' : ` (${line(job.cause)})`}`;
    });
}

function finish(shell: Shell, view: RunView, waited: boolean): Exit {
  const rows = view.jobs.flatMap((job) => [
    [`  ${line(job.name)}`, job.state, took(job.startedAt, job.finishedAt), line(job.cause ?? '')],
    ...job.steps
      .filter((step) => ['failed', 'timed-out'].includes(step.state))
      .map((step) => [
        `    ${line(step.name)}`,
        step.state,
        took(step.startedAt, step.finishedAt),
        step.exitCode === null ? '' : `exit code ${step.exitCode}`,
      ]),
  ]);
  const artifacts = view.jobs.flatMap((job) => job.artifacts.map((one) => `  ${line(one.name)}  ${one.digest}`));
  const next = {
    succeeded: `Next: ym release create ${view.service} --run ${view.id}`,
    failed: `See why: ym logs ${view.id}`,
    cancelled: '',
    queued: `Wait for it: ym run wait ${view.id}`,
    running: `Wait for it: ym run wait ${view.id}`,
    cancelling: '',
  }[view.state];
  shell.print(
    [
      `Run of ${view.service} is ${view.state}${view.cause === null ? '' : `: ${plain(view.cause)}`} (${view.id})`,
      table(rows),
      ...(artifacts.length === 0 ? [] : ['Artifacts:', ...artifacts]),
      next,
    ]
      .filter((part) => part !== '')
      .join('\n'),
    view,
  );
  return !waited || view.state === 'succeeded' ? EXIT.ok : EXIT.failed;
}

function took(from: string | null, to: string | null): string {
  return from === null || to === null ? '' : formatDuration(Date.parse(to) - Date.parse(from));
}

async function showLogs(shell: Shell, run: string, name: string | undefined): Promise<void> {
  const client = shell.client();
  const id = await findRun(client, run);
  const view = await client.call(getRun, { params: { run: id } });
  const jobs = view.jobs.filter((job) => name === undefined || job.name === name);
  if (jobs.length === 0)
    throw usage({ what: `The run has no job ${name ?? ''}.`, try: `Its jobs are: ${view.jobs.map((job) => job.name).join(', ')}.` });
  const whole: Record<string, string> = {};
  for (const job of jobs) {
    if (!shell.json && jobs.length > 1) shell.raw(`== ${line(job.name)}\n`);
    let offset = 0;
    let text = '';
    for (let end = false; !end;) {
      const part = await client.call(
        readLog,
        { params: { job: job.id }, query: { offset, wait: job.state === 'waiting' ? 0 : 20 } },
        { signal: shell.signal, timeoutMs: 60_000 },
      );
      if (shell.json) text += part.text;
      else shell.raw(part.text);
      offset = part.next;
      end = part.end || job.state === 'waiting' || job.state === 'skipped';
    }
    whole[job.name] = text;
  }
  if (shell.json) shell.print('', { run: id, logs: whole });
}
