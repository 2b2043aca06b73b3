/** What the host has that a sandbox can show to a step. */
export type HostFacts = {
  /** Top folders such as `/bin`: `dir`, or a link with its target (`usr/bin`). Absent ones are left out. */
  readonly system: Readonly<Record<string, { readonly kind: 'dir' } | { readonly kind: 'link'; readonly target: string }>>;
  readonly node: string;
  /** Folder of the npm package where npm is not below /usr; null: it is, or there is none. */
  readonly npm: string | null;
  /** bubblewrap knows `--disable-userns` (0.8 and newer). */
  readonly disableUserns: boolean;
};

export type SandboxOptions = {
  readonly workspace: string;
  readonly home: string;
  readonly tmp: string;
  readonly script: string;
  readonly scriptName: string;
  readonly output: string;
  /** Folder inside the workspace to begin in. */
  readonly directory: string;
  readonly network: boolean;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor of the seccomp filter; null: none for this machine. */
  readonly seccompFd: number | null;
  /** passwd and group files with one plain user. */
  readonly passwd: string;
  readonly group: string;
};

const KERNEL_SETTINGS = [
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/proc/irq',
  '/proc/bus',
  '/proc/fs',
  '/proc/acpi',
  '/proc/scsi',
  '/proc/mtrr',
  '/proc/timer_list',
];

/** Where things are inside. */
export const INSIDE = {
  workspace: '/workspace',
  home: '/home/build',
  tmp: '/tmp',
  script: '/ym/step',
  output: '/ym/output',
  bin: '/ym/bin',
} as const;
export const SANDBOX_PATH = `${INSIDE.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
export const SYSTEM_FOLDERS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'] as const;

/** Configuration that programs need to start, to find their libraries and to check certificates; nothing that tells about this machine's users. */
const ETC = [
  'alternatives',
  'ssl',
  'ca-certificates',
  'pki',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'nsswitch.conf',
  'localtime',
  'protocols',
  'services',
  'mime.types',
  'java-17-openjdk',
  'java-21-openjdk',
  'python3',
  'python3.11',
  'python3.12',
  'python3.13',
  'npmrc',
  'gitconfig',
];
/** Only where the network is shared: inside a network of its own they would name what can't be reached. */
const ETC_NETWORK = ['resolv.conf', 'hosts', 'host.conf', 'gai.conf'];

/**
 * The arguments of bubblewrap for one step: an allow-list in new namespaces, the system read-only, only the workspace,
 * home, temporary folder and output writable, no capability, no way to gain one. They go through a descriptor, never the
 * command line, because secrets are among the variables.
 */
export function sandboxArgs(host: HostFacts, options: SandboxOptions): string[] {
  const args = ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'];
  if (!options.network) args.push('--unshare-net');
  if (host.disableUserns) args.push('--disable-userns');
  args.push('--uid', '1000', '--gid', '1000', '--hostname', 'sandbox', '--die-with-parent', '--cap-drop', 'ALL');
  if (options.seccompFd !== null) args.push('--seccomp', String(options.seccompFd));
  args.push('--ro-bind', '/usr', '/usr');
  for (const [folder, found] of Object.entries(host.system)) {
    if (found.kind === 'link') args.push('--symlink', found.target, folder);
    else args.push('--ro-bind', folder, folder);
  }
  for (const name of [...ETC, ...(options.network ? ETC_NETWORK : [])]) args.push('--ro-bind-try', `/etc/${name}`, `/etc/${name}`);
  args.push('--ro-bind', options.passwd, '/etc/passwd', '--ro-bind', options.group, '/etc/group');
  args.push('--proc', '/proc', '--dev', '/dev');
  // Kernel settings are guarded by the owner's number alone: where the runner is root, a step without any capability could write them.
  for (const path of KERNEL_SETTINGS) args.push('--ro-bind-try', path, path);
  args.push('--bind', options.tmp, INSIDE.tmp, '--bind', options.home, INSIDE.home, '--bind', options.workspace, INSIDE.workspace);
  args.push('--ro-bind', options.script, `${INSIDE.script}/${options.scriptName}`, '--bind', options.output, INSIDE.output);
  args.push('--ro-bind', host.node, `${INSIDE.bin}/node`);
  if (host.npm !== null) {
    args.push(
      '--ro-bind',
      host.npm,
      '/ym/npm',
      '--symlink',
      '../npm/bin/npm-cli.js',
      `${INSIDE.bin}/npm`,
      '--symlink',
      '../npm/bin/npx-cli.js',
      `${INSIDE.bin}/npx`,
    );
  }
  args.push(
    '--remount-ro',
    '/',
    '--chdir',
    options.directory === '' ? INSIDE.workspace : `${INSIDE.workspace}/${options.directory}`,
    '--clearenv',
  );
  for (const [name, value] of Object.entries(options.env)) args.push('--setenv', name, value);
  return args;
}
