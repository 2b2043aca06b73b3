import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { getDoctor, type Finding } from '../../contract/doctor.ts';
import { Problem } from '../../kernel/problem.ts';
import { count, fail, ok, warn } from '../../operations/doctor/finding.ts';
import { clock } from '../../operations/doctor/instance.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import type { Shell } from '../shell.ts';
import { wrap } from '../terminal.ts';

const exec = promisify(execFile);

type Placed = Finding & { readonly where: 'here' | 'server' };

/** ym doctor: what is here and on the server, what is isolated, what is missing, and what to do about it. */
export const doctorCommand: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('look at this machine and the server: what is missing, what is not isolated, remedies')
    .action(
      run(async (shell) => {
        const here = [...(await Promise.all([node(), git(), sandbox(), haproxy(), user(), space()])), ...(await reach(shell))];
        const server = await ofServer(shell);
        const findings: Placed[] = [
          ...here.map((one) => ({ ...one, where: 'here' as const })),
          ...server.map((one) => ({ ...one, where: 'server' as const })),
        ];
        const text = [
          'This machine',
          ...here.map((one) => lineOf(shell, one)),
          ...(server.length === 0 ? [] : ['', `The server at ${shell.url}`, ...server.map((one) => lineOf(shell, one))]),
          '',
          summary(findings),
        ];
        shell.print(text.join('\n'), { findings });
        return findings.some((one) => one.state === 'fail') ? EXIT.failed : EXIT.ok;
      }),
    );
};

function summary(findings: readonly Finding[]): string {
  const of = (state: Finding['state']): number => findings.filter((one) => one.state === state).length;
  return `${count(of('fail'), 'failure')}, ${count(of('warn'), 'warning')}, ${of('ok')} fine.`;
}

function lineOf(shell: Shell, one: Finding): string {
  const marks = { ok: '✔', warn: '–', fail: '✖' } as const;
  const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
  const [first = '', ...rest] = wrap(one.says + (one.remedy === null ? '' : ` ${one.remedy}`), ' '.repeat(14)).split('\n');
  return [`${shell.paint(colours[one.state], marks[one.state])} ${one.what.padEnd(11)} ${first.trim()}`, ...rest].join('\n');
}

async function node(): Promise<Finding> {
  if (Number(process.versions.node.split('.')[0]) >= 24) return ok('node', `${process.version}.`);
  return fail('node', `${process.version}.`, 'Yardmaster needs 24; reinstall it with its optional dependencies.');
}

async function version(program: string, args: readonly string[]): Promise<string | null> {
  try {
    return ((await exec(program, [...args], { timeout: 5000 })).stdout.split('\n')[0] ?? '').replace(/\.?\s*$/, '').slice(0, 80);
  } catch {
    return null;
  }
}

async function git(): Promise<Finding> {
  const found = await version('git', ['--version']);
  return found === null ? fail('git', 'Not found; needed to read repositories.', 'Install git.') : ok('git', `${found}.`);
}

async function haproxy(): Promise<Finding> {
  const found = await version('haproxy', ['-v']);
  if (found !== null) return ok('haproxy', `${found}.`);
  return warn('haproxy', 'Not found; agents here use the built-in router.', 'Install haproxy for production traffic.');
}

async function sandbox(): Promise<Finding> {
  try {
    await exec('bwrap', ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true'], { timeout: 5000 });
    return ok('sandbox', 'bubblewrap works: steps of runners here can be isolated.');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return warn(
        'sandbox',
        'bubblewrap is not installed: runners here run steps as their own user, and say so on each run.',
        'Install bubblewrap.',
      );
    return warn(
      'sandbox',
      'bubblewrap is installed but may not make namespaces here.',
      'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1).',
    );
  }
}

async function user(): Promise<Finding> {
  if (process.getuid?.() !== 0) return ok('user', 'Not root.');
  return warn(
    'user',
    'You are root: server, runner and agent started like this share one user (PostgreSQL has its own).',
    'Give each its own user; docs/guide/run-it.md shows how.',
  );
}

async function space(): Promise<Finding> {
  const folder = process.env['YARDMASTER_STATE'] ?? homedir();
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const gib = (bavail * bsize) / 1024 ** 3;
    const says = `${gib.toFixed(1)} GiB free at ${folder}.`;
    return gib > 1 ? ok('space', says) : fail('space', says, 'Free some, or move YARDMASTER_STATE.');
  } catch {
    return warn('space', `${folder} is not there yet, or can not be written by you.`, 'Nothing to do where no server is to run here.');
  }
}

/** Whether a server answers, and whether its clock and ours agree (by the Date of its answer, which knows whole seconds). */
async function reach(shell: Shell): Promise<Finding[]> {
  try {
    const began = Date.now();
    const response = await fetch(`${shell.url}/readyz`, { signal: AbortSignal.timeout(5000) });
    const middle = (began + Date.now()) / 2;
    const body = (await response.json()) as { ready?: boolean; because?: string };
    const date = Date.parse(response.headers.get('date') ?? '');
    const skew = Number.isNaN(date) || Math.abs(date + 500 - middle) < 1500 ? 0 : date + 500 - middle;
    const ready =
      body.ready === true
        ? ok('server', `Ready at ${shell.url}.`)
        : fail('server', `At ${shell.url}, not ready: ${body.because ?? response.status}.`, 'Look at its log.');
    return [ready, clock(skew, 'the server')];
  } catch {
    return [warn('server', `None answers at ${shell.url}.`, 'Start one with `npx yardmaster server`, or set YARDMASTER_URL.')];
  }
}

/** What only the server can see; it tells auditors and admins. */
async function ofServer(shell: Shell): Promise<readonly Finding[]> {
  try {
    return (await shell.client().call(getDoctor, {}, { retries: 0, timeoutMs: 30_000 })).findings;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code.startsWith('client.')) return [];
    return [warn('server', `It was not asked further: ${error.sentence}`, error.remedy)];
  }
}
