import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { runProcess, type ProcessEnd } from '../host/process.run.ts';
import { shellCommand, type Executor } from './executor.ts';
import { INSIDE, SANDBOX_PATH, SYSTEM_FOLDERS, sandboxArgs, type HostFacts, type SandboxOptions } from './sandbox-args.ts';
import { seccompFilter } from './seccomp.ts';

export type SandboxProbe = { readonly executor: Executor } | { readonly why: string };

/**
 * Finds out whether steps can run under bubblewrap on this machine, by running one. Answers the executor with what
 * really works, or why there is none.
 */
export async function probeSandbox(program = 'bwrap'): Promise<SandboxProbe> {
  const folder = await mkdtemp(join(tmpdir(), 'ym-probe-'));
  const filter = seccompFilter(process.arch);
  let why = '';
  try {
    for (const disableUserns of [true, false]) {
      for (const seccomp of filter === null ? [false] : [true, false]) {
        const kit: Kit = { program, host: hostFacts(disableUserns), filter: seccomp ? filter : null };
        const tried = await tryOnce(kit, folder);
        if (tried === null) return { executor: executorOf(kit) };
        why ||= tried;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { why };
}

type Kit = { readonly program: string; readonly host: HostFacts; readonly filter: Uint8Array | null };

function executorOf(kit: Kit): Executor {
  return {
    name: 'sandbox',
    isolation: (network) => isolationOf(kit, network),
    run: async ({ place, step, script, output, env, network, timeoutMs, signal, onOutput, onStart }) => {
      const variables = env({ path: SANDBOX_PATH, home: INSIDE.home, tmp: INSIDE.tmp, workspace: INSIDE.workspace, output: INSIDE.output });
      const paths = { workspace: place.workspace, home: place.home, tmp: place.tmp, script, output };
      const inside = shellCommand(step.shell, `${INSIDE.script}/${basename(script)}`);
      const options = { ...paths, scriptName: basename(script), directory: step.directory ?? '', network, env: variables };
      return enter(kit, place.control, options, inside, { timeoutMs, signal, onOutput, onStart });
    },
  };
}

type Outside = Pick<Parameters<typeof runProcess>[0], 'timeoutMs' | 'signal' | 'onOutput' | 'onStart'>;

async function enter(
  kit: Kit,
  control: string,
  options: Omit<SandboxOptions, 'seccompFd' | 'passwd' | 'group'>,
  inside: readonly string[],
  outside: Outside,
): Promise<ProcessEnd> {
  const [passwd, group, argsFile, filterFile] = ['passwd', 'group', 'args', 'seccomp'].map((name) => join(control, name)) as [
    string,
    string,
    string,
    string,
  ];
  await writeFile(passwd, `build:x:1000:1000::${INSIDE.home}:/bin/sh\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n`, {
    mode: 0o644,
  });
  await writeFile(group, 'build:x:1000:\nnogroup:x:65534:\n', { mode: 0o644 });
  const args = sandboxArgs(kit.host, { ...options, passwd, group, seccompFd: kit.filter === null ? null : 4 });
  await writeFile(argsFile, args.map((arg) => `${arg}\0`).join(''), { mode: 0o600 });
  if (kit.filter !== null) await writeFile(filterFile, kit.filter, { mode: 0o600 });
  try {
    return await runProcess({
      ...outside,
      command: kit.program,
      args: ['--args', '3', '--', ...inside],
      cwd: '/',
      // bubblewrap itself runs outside: nothing that a job chose (LD_PRELOAD) may reach it.
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
      files: kit.filter === null ? [argsFile] : [argsFile, filterFile],
    });
  } finally {
    await rm(argsFile, { force: true });
  }
}

/** null: it works. Else what was said. */
async function tryOnce(kit: Kit, folder: string): Promise<string | null> {
  const script = join(folder, 'script');
  const output = join(folder, 'output');
  await writeFile(script, '');
  await writeFile(output, '');
  let said = '';
  const options = {
    workspace: folder,
    home: folder,
    tmp: folder,
    script,
    scriptName: 'script',
    output,
    directory: '',
    network: false,
    env: {},
  };
  const onOutput = (chunk: Uint8Array): void => void (said += Buffer.from(chunk).toString().slice(0, 1000));
  const end = await enter(
    kit,
    folder,
    options,
    ['/bin/sh', '-c', 'test "$(id -u)" = 1000 && test -r /proc/self/status && test ! -e /root'],
    { timeoutMs: 10_000, onOutput },
  );
  if (end.how === 'exited' && end.exitCode === 0) return null;
  return end.exitCode === 127 ? `${kit.program} is not installed` : said.trim() || end.error || `${kit.program} ended with ${end.exitCode}`;
}

function isolationOf(kit: Kit, network: boolean): string[] {
  const always = [
    'user namespace',
    'mount namespace',
    'pid namespace',
    'ipc namespace',
    'uts namespace',
    'read-only system',
    'no capabilities',
    'no new privileges',
  ];
  return [
    ...always,
    ...(network ? [] : ['network namespace']),
    ...(kit.host.disableUserns ? ['no nested namespaces'] : []),
    ...(kit.filter === null ? [] : ['system call filter']),
  ];
}

function hostFacts(disableUserns: boolean): HostFacts {
  const system: Record<string, HostFacts['system'][string]> = {};
  for (const folder of SYSTEM_FOLDERS) {
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) system[folder] = { kind: 'link', target: readlinkSync(folder) };
    else if (found?.isDirectory()) system[folder] = { kind: 'dir' };
  }
  return { system, node: realpathSync(process.execPath), npm: npmFolder(), disableUserns };
}

function npmFolder(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const link = join(folder, 'npm');
    const found = folder.startsWith('/') && !folder.includes('node_modules') && lstatSync(link, { throwIfNoEntry: false });
    if (!found) continue;
    const real = realpathSync(link);
    return real.startsWith('/usr/') || basename(real) !== 'npm-cli.js' ? null : dirname(dirname(real));
  }
  return null;
}
