import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { promisify } from 'node:util';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import type { Shell } from '../shell.ts';
import { wrap } from '../terminal.ts';

const exec = promisify(execFile);

type Finding = { readonly what: string; readonly state: 'good' | 'missing' | 'bad'; readonly says: string; readonly remedy: string | null };

/** ym doctor: what is here, what is isolated, what is missing, and what to do about it. */
export const doctorCommand: AddCommand = (program, run) => {
  program
    .command('doctor')
    .description('look at this machine and the server: what is missing, what is not isolated, remedies')
    .action(
      run(async (shell) => {
        const findings = await Promise.all([
          node(),
          tool('git', ['--version'], 'needed to read repositories', 'Install git.'),
          sandbox(),
          haproxy(),
          user(),
          space(),
          server(shell),
        ]);
        const marks = { good: '✔', missing: '–', bad: '✖' } as const;
        const colours = { good: 'green', missing: 'yellow', bad: 'red' } as const;
        const text = findings
          .map((one) => {
            const [first = '', ...rest] = wrap(one.says + (one.remedy === null ? '' : ` ${one.remedy}`), ' '.repeat(12)).split('\n');
            return [`${shell.paint(colours[one.state], marks[one.state])} ${one.what.padEnd(9)} ${first.trim()}`, ...rest].join('\n');
          })
          .join('\n');
        shell.print(text, { findings });
        return findings.some((one) => one.state === 'bad') ? EXIT.failed : EXIT.ok;
      }),
    );
};

async function node(): Promise<Finding> {
  const good = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    what: 'node',
    state: good ? 'good' : 'bad',
    says: `${process.version}.`,
    remedy: good ? null : 'Yardmaster needs 24; reinstall it with its optional dependencies.',
  };
}

async function tool(name: string, args: readonly string[], why: string, remedy: string): Promise<Finding> {
  try {
    const { stdout } = await exec(name, [...args], { timeout: 5000 });
    return { what: name, state: 'good', says: `${(stdout.split('\n')[0] ?? '').slice(0, 80)}.`, remedy: null };
  } catch {
    return { what: name, state: 'bad', says: `Not found; ${why}.`, remedy };
  }
}

async function sandbox(): Promise<Finding> {
  try {
    await exec('bwrap', ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true'], { timeout: 5000 });
    return { what: 'sandbox', state: 'good', says: 'bubblewrap works: steps of runners here can be isolated.', remedy: null };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const says = absent
      ? 'bubblewrap is not installed: runners here run steps as their own user, and say so on each run.'
      : 'bubblewrap is installed but may not make namespaces here.';
    return {
      what: 'sandbox',
      state: 'missing',
      says,
      remedy: absent ? 'Install bubblewrap.' : 'Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1).',
    };
  }
}

async function haproxy(): Promise<Finding> {
  const found = await tool('haproxy', ['-v'], 'agents here use the built-in router', 'Install haproxy for production traffic.');
  return found.state === 'good' ? found : { ...found, state: 'missing' };
}

async function user(): Promise<Finding> {
  if (process.getuid?.() !== 0) return { what: 'user', state: 'good', says: 'Not root.', remedy: null };
  return {
    what: 'user',
    state: 'missing',
    says: 'You are root: server, runner and agent started like this share one user (PostgreSQL has its own).',
    remedy: 'Give each its own user; docs/guide/run-it.md shows how.',
  };
}

async function space(): Promise<Finding> {
  const folder = process.env['YARDMASTER_STATE'] ?? homedir();
  try {
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const gib = (bavail * bsize) / 1024 ** 3;
    return {
      what: 'space',
      state: gib > 1 ? 'good' : 'bad',
      says: `${gib.toFixed(1)} GiB free at ${folder}.`,
      remedy: gib > 1 ? null : 'Free some, or move YARDMASTER_STATE.',
    };
  } catch {
    return { what: 'space', state: 'missing', says: `${folder} is not there yet, or can not be written by you.`, remedy: null };
  }
}

async function server(shell: Shell): Promise<Finding> {
  try {
    const response = await fetch(`${shell.url}/readyz`, { signal: AbortSignal.timeout(5000) });
    const body = (await response.json()) as { ready?: boolean; because?: string };
    if (body.ready === true) return { what: 'server', state: 'good', says: `Ready at ${shell.url}.`, remedy: null };
    return {
      what: 'server',
      state: 'bad',
      says: `At ${shell.url}, not ready: ${body.because ?? response.status}.`,
      remedy: 'Look at its log.',
    };
  } catch {
    return {
      what: 'server',
      state: 'missing',
      says: `None answers at ${shell.url}.`,
      remedy: 'Start one with `npx yardmaster server`, or set YARDMASTER_URL.',
    };
  }
}
