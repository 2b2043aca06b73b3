import { createServer } from 'node:http';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { redactorOf } from './redact.ts';
import { clearPlace, makePlace } from './place.disk.ts';
import { LogSpool } from './log.spool.ts';
import { probeSandbox } from './sandbox.executor.ts';
import { runSteps } from './steps.run.ts';
import { planOf } from './server.fixture.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const probe = await probeSandbox();
const sandbox = 'executor' in probe ? probe.executor : null;
if (sandbox === null) console.warn(`sandbox tests are skipped: ${'why' in probe ? probe.why : ''}`);

let jobs = '';
beforeAll(async () => {
  jobs = await mkdtemp(join(tmpdir(), 'ym-sandbox-'));
});
afterAll(() => rm(jobs, { recursive: true, force: true }));

let count = 0;
/** Runs one script in a sandbox of its own job and answers what it printed and how it ended. */
async function inside(script: string, more: Parameters<typeof planOf>[0] & { keep?: boolean } = {}) {
  const place = await makePlace(jobs, `job-${count++}`);
  const log = await LogSpool.create(place.log, redactorOf([])());
  const never = new AbortController().signal;
  const { keep, ...plan } = more;
  const end = await runSteps({
    plan: planOf({ executor: 'sandbox', network: false, steps: [script], ...plan }),
    place,
    executor: sandbox!,
    secrets: {},
    redactor: redactorOf([]),
    log,
    cancel: never,
    abandon: never,
    onStep: () => undefined,
  });
  await log.end();
  const output = (await readFile(place.log, 'utf8'))
    .split('\n')
    .filter((line) => !/^[▶✓✗]/u.test(line))
    .join('\n');
  await log.close();
  if (!keep) await clearPlace(place.root);
  return { ...end, output, place };
}

const sandboxed = sandbox === null ? test.skip : test;

sandboxed('ordinary work works: files, children, Node, a home, /tmp between steps, outputs, exit codes', async () => {
  const end = await inside('', {
    steps: [
      'echo hi > /tmp/keep; mkdir -p sub; echo 1 > sub/f; echo "$HOME $PWD $(id -un)"; node -p "process.version"; echo "v=2" >> $YM_OUTPUT',
      { script: 'cat /tmp/keep f; (sleep 0.05 & wait); echo "$A"', directory: 'sub', env: { A: 'it\'s $(id) "quoted"\nnext' } },
      { shell: 'node', script: 'console.log(require("node:fs").readdirSync("."))' },
    ],
    outputs: ['v'],
  });
  expect(end).toMatchObject({ result: 'succeeded', outputs: { v: '2' } });
  expect(end.output).toContain(`/home/build /workspace build\n${process.version}\n`);
  expect(end.output).toContain(`hi\n1\nit's $(id) "quoted"\nnext\n`);
  expect(end.output).toContain("[ 'sub' ]");
  expect(await inside('exit 9')).toMatchObject({ result: 'failed', cause: expect.stringContaining('exit code 9') as string });
});

/** Each prints ESCAPED where it gets at something, and changes nothing where it does; the host's own values are the proof where there is one. */
const PROBES: Record<string, string> = {
  'read /etc/shadow': 'cat /etc/shadow && echo ESCAPED',
  "read the host's users": 'grep -q root /etc/passwd && echo ESCAPED',
  "read root's home": 'ls -A /root 2>/dev/null | grep . && echo ESCAPED',
  'see a home': 'ls -A /home | grep -v "^build$" && echo ESCAPED',
  'see processes of the host': `test -e /proc/${process.pid}/cmdline && grep -q vitest /proc/*/cmdline && echo ESCAPED; for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline | grep -qE "vitest|runner/main" && echo ESCAPED; done`,
  'read environments of the host': 'cat /proc/*/environ 2>/dev/null | tr "\\0" "\\n" | grep YM_HOST_SECRET && echo ESCAPED',
  'signal the host': `kill -0 ${process.pid} && echo ESCAPED`,
  "container engines' sockets":
    'for s in /var/run/docker.sock /run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock; do test -e $s && echo ESCAPED; done',
  'system sockets': 'ls /run /var/run 2>/dev/null | grep . && echo ESCAPED',
  'write the system': 'for d in / /usr /usr/bin /etc /bin /lib /ym /home; do test -w $d && echo ESCAPED $d; done',
  'write its own script': 'for f in /ym/step/*; do (: >> $f) 2>/dev/null && echo ESCAPED; done',
  'replace node': '(: >> /ym/bin/node) 2>/dev/null && echo ESCAPED',
  mount: 'mount -t tmpfs none /workspace && echo ESCAPED',
  remount: 'mount -o remount,rw /usr && echo ESCAPED',
  'a nested user namespace': 'unshare -Ur true && echo ESCAPED',
  'enter another namespace': 'nsenter -t 1 -m true && echo ESCAPED; nsenter --net=/proc/1/ns/net true && echo ESCAPED',
  chroot: 'chroot /workspace /bin/true && echo ESCAPED',
  'become root': 'su root -c true </dev/null && echo ESCAPED; sudo -n true && echo ESCAPED; test "$(id -u)" = 0 && echo ESCAPED',
  capabilities: 'grep -E "^Cap(Eff|Prm|Bnd|Amb|Inh)" /proc/self/status | grep -v 0000000000000000 && echo ESCAPED',
  'privileges by exec': 'grep -q "NoNewPrivs:.1" /proc/self/status || echo ESCAPED',
  'no filter of system calls': 'grep -q "Seccomp:.2" /proc/self/status || echo ESCAPED',
  // Only opened for writing, never written: a probe that gets through must not change this machine.
  core_pattern: '(: >> /proc/sys/kernel/core_pattern) 2>/dev/null && echo ESCAPED',
  sysrq: '(: >> /proc/sysrq-trigger) 2>/dev/null && echo ESCAPED',
  'kernel settings':
    'for f in $(find /proc/sys /proc/irq /proc/bus /proc/fs /proc/acpi -type f 2>/dev/null); do (: >> $f) 2>/dev/null && echo ESCAPED $f; done; for f in /proc/*; do test -f $f && (: >> $f) 2>/dev/null && echo ESCAPED $f; done',
  'kernel memory': 'head -c 1 /proc/kcore && echo ESCAPED; head -c 1 /dev/mem && echo ESCAPED; head -c 1 /dev/kmsg && echo ESCAPED',
  disks: 'ls /dev | grep -E "^(sd|vd|nvme|loop|dm-|mapper|kvm|fuse|vsock)" && echo ESCAPED',
  devices: 'mknod /workspace/dev c 1 1 && echo ESCAPED',
  cgroups: 'mkdir /tmp/cg && mount -t cgroup none /tmp/cg && echo ESCAPED; (: >> /sys/fs/cgroup/release_agent) 2>/dev/null && echo ESCAPED',
  sysfs: 'ls /sys 2>/dev/null | grep . && echo ESCAPED',
  "the first process's root": 'test -e /proc/1/root/root && echo ESCAPED; cat /proc/1/root/etc/shadow && echo ESCAPED',
  "the parent's files":
    'for p in /proc/[0-9]*/fd/*; do readlink $p; done 2>/dev/null | grep -E "control|seccomp|/args|ym-sandbox" && echo ESCAPED',
  'the control folder':
    'find / -xdev \\( -name args -o -name groups -o -name runner.json \\) -not -path "/usr/*" -not -path "/proc/*" 2>/dev/null | grep . && echo ESCAPED',
  'trace another': "python3 -c \"import ctypes; l=ctypes.CDLL(None,use_errno=True); print('ESCAPED' if l.ptrace(16,1,0,0)==0 else 'no')\"",
  'kernel keyring':
    "python3 -c \"import ctypes; l=ctypes.CDLL(None,use_errno=True); print('ESCAPED' if l.syscall(250,0,-3,1)>=0 else 'no')\"",
  bpf: "python3 -c \"import ctypes; l=ctypes.CDLL(None,use_errno=True); print('ESCAPED' if l.syscall(321,0,b'\\0'*72,72)>=0 else 'no')\"",
  'userfaultfd and io_uring':
    "python3 -c \"import ctypes; l=ctypes.CDLL(None,use_errno=True); b=ctypes.create_string_buffer(120); print('ESCAPED' if l.syscall(323,1)>=0 or l.syscall(425,1,b)>=0 else 'no')\"",
  'a namespace by clone':
    "python3 -c \"import ctypes; l=ctypes.CDLL(None,use_errno=True); print('ESCAPED' if l.unshare(0x10000000)==0 else 'no')\"",
  "the host's name": `test "$(hostname)" = "$(cat /workspace/../etc/hostname 2>/dev/null)" && echo ESCAPED`,
  'shared memory of the host': 'ls /dev/shm | grep . && echo ESCAPED; ipcs -m | grep -E "^0x" && echo ESCAPED',
  'a terminal': 'test -t 0 && echo ESCAPED; (: > /dev/tty) 2>/dev/null && echo ESCAPED',
};

sandboxed.each(Object.entries(PROBES))('escape probe: %s', async (_, script) => {
  process.env['YM_HOST_SECRET'] = 'the host knows it';
  const end = await inside(`set +e\n${script}\ntrue`);
  expect(end.output).not.toContain('ESCAPED');
  expect(end.result).toBe('succeeded');
});

sandboxed('no network: neither the server of this machine, nor its addresses, nor names, nor the metadata address', async () => {
  let reached = 0;
  const server = createServer((_, response) => (reached++, response.end('x')));
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  const { port } = server.address() as AddressInfo;
  const addresses = [
    '127.0.0.1',
    ...Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter((one) => one.family === 'IPv4').map((one) => one.address)),
    '169.254.169.254',
  ];
  const urls = JSON.stringify([
    ...addresses.map((address) => `http://${address}:${port}/`),
    'http://169.254.169.254/',
    `http://localhost:${port}/`,
    'http://example.org/',
  ]);
  const script = `Promise.all(${urls}.map((u) => fetch(u, { signal: AbortSignal.timeout(2000) }).then(() => console.log('ESCAPED', u), () => {})))`;
  expect((await inside('', { steps: [{ shell: 'node', script }] })).output).not.toContain('ESCAPED');
  expect(reached).toBe(0);
  // The same script reaches the server where the plan shares the network, so the probe is able to find out.
  const shared = await inside('', {
    steps: [{ shell: 'node', script: `fetch('http://127.0.0.1:${port}/').then(() => console.log('REACHED'))` }],
    network: true,
  });
  server.close();
  expect(shared.output).toContain('REACHED');
  expect(sandbox!.isolation(false)).toContain('network namespace');
  expect(sandbox!.isolation(true)).not.toContain('network namespace');
});

sandboxed('a second job sees nothing of the first: no file, no process, no folder', async () => {
  const word = 'bytes-of-the-first-job';
  const first = await inside(`echo ${word} | tee /tmp/a /workspace/b $HOME/c /dev/shm/d; (setsid sleep 3971 &)`, { keep: true });
  const second = await inside(
    `grep -rs ${word} / --exclude-dir=proc --exclude-dir=usr --exclude-dir=step 2>/dev/null && echo ESCAPED; ls ${first.place.root} && echo ESCAPED; pgrep -f "sleep 3971" && echo ESCAPED; true`,
  );
  await clearPlace(first.place.root);
  expect(second.output).not.toContain('ESCAPED');
  expect(await running('sleep\x003971')).toEqual([]);
});

sandboxed('a time-out ends everything inside, also what fled its group', async () => {
  const end = await inside('', { steps: [{ script: 'setsid setsid sleep 3972 & trap "" TERM; sleep 3973', timeoutMs: 500 }] });
  expect(end.result).toBe('timed-out');
  await new Promise((done) => setTimeout(done, 100));
  expect([...(await running('sleep\x003972')), ...(await running('sleep\x003973'))]).toEqual([]);
});

sandboxed('what a job chose for its environment never reaches bubblewrap itself, and secrets are in no command line', async () => {
  const evil = join(jobs, 'preload-was-here');
  const end = await inside(`tr "\\0" " " < /proc/1/cmdline`, {
    env: { LD_PRELOAD: '/workspace/evil.so', BASH_ENV: `/workspace/x`, TOKEN: 'visible-token' },
  });
  expect(end.output).not.toContain('visible-token');
  expect(await readFile(evil, 'utf8').catch(() => null)).toBeNull();
  const outside = inside('sleep 1', { env: { TOKEN: 'visible-token-2', LD_PRELOAD: '/x.so' } });
  await new Promise((done) => setTimeout(done, 400));
  const found = await running('bwrap');
  await outside;
  expect(found.length).toBeGreaterThan(0);
  for (const { command, environment } of found) {
    expect(command).not.toContain('visible-token-2');
    expect(environment).not.toMatch(/visible-token-2|LD_PRELOAD/);
  }
});

sandboxed('outputs that a step swaps for a link or makes endless are not read', async () => {
  const secret = join(jobs, 'host-file');
  await writeFile(secret, 'v=host secret\n');
  const place = await makePlace(jobs, `job-${count++}`);
  await symlink(secret, join(place.out, 'x'));
  await clearPlace(place.root);
  expect(await readFile(secret, 'utf8')).toContain('host');
  const end = await inside('head -c 3000000 /dev/zero | tr "\\0" a >> $YM_OUTPUT; echo v=1 >> $YM_OUTPUT', { outputs: ['v'] });
  expect(end.outputs).toEqual({});
  expect(end.output).toContain('none was taken');
});

async function running(needle: string): Promise<{ command: string; environment: string }[]> {
  const { readdir } = await import('node:fs/promises');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => ({
      command: await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
      environment: await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''),
    })),
  );
  return all.filter(({ command }) => command.startsWith(needle));
}
