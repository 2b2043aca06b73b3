import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { openFileSigner } from '../platform/keys/signer-file.system.ts';
import { openSigningKeys } from '../platform/keys/signing.system.ts';
import type { Executor } from './executor.ts';
import { hostExecutor } from './host.executor.ts';
import { clearPlace, makePlace } from './place.disk.ts';
import { LogSpool } from './log.spool.ts';
import { redactorOf } from './redact.ts';
import { probeSandbox } from './sandbox.executor.ts';
import { planOf } from './server.fixture.ts';
import { runSteps } from './steps.run.ts';

// SLSA Build L3: what signs provenance is out of reach of the steps that it speaks of. Server, supervisor and step on one
// machine and one user, the worst case; each way is tried on the host executor too, which claims L2 at most, so that a
// probe that could find nothing would show.

vi.setConfig({ testTimeout: 120_000 });
const probe = await probeSandbox();
const sandbox = 'executor' in probe ? probe.executor : null;
if (sandbox === null) console.warn(`skipped: ${'why' in probe ? probe.why : ''}`);

const root = await mkdtemp(join(tmpdir(), 'ym-reach-'));
afterAll(() => rm(root, { recursive: true, force: true }));
// The server's keys, as it makes them, and the runner's.
const keys = join(root, 'keys');
await openFileSigner(keys, await openSigningKeys(keys)).rotate();
const marks = (await Promise.all(['signing-0001.pem', 'evidence-0001.pem'].map((name) => readFile(join(keys, name), 'utf8')))).map(
  (pem) => pem.split('\n')[1] ?? '',
);
const runnerKey = 'ym_runner_key_of_the_supervisor';
await writeFile(join(root, 'runner.json'), JSON.stringify({ key: runnerKey }), { mode: 0o600 });

const script = `
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const found = (way) => console.log('REACHED ' + way);
const read = (path) => { try { return fs.readFileSync(path, 'latin1'); } catch { return ''; } };
const names = (path) => { try { return fs.readdirSync(path); } catch { return []; } };
// Marks come in halves: the script itself must not hold what it looks for.
const marks = ${JSON.stringify([...marks, runnerKey].map((mark) => [mark.slice(0, 9), mark.slice(9)]))}.map((halves) => halves.join(''));
const walk = (folder, depth) => {
  for (const name of names(folder)) {
    const path = folder + '/' + name;
    let stat; try { stat = fs.lstatSync(path); } catch { continue; }
    if (stat.isDirectory() && depth > 0 && !/^\\/(?:proc|sys|dev|usr)$/.test(path)) walk(path, depth - 1);
    else if (stat.isFile() && stat.size < 100000 && marks.some((mark) => read(path).includes(mark))) found('file');
  }
};
// On the host the folder is there and is looked into alone; where it is not, everything that a step sees is.
const there = fs.existsSync(${JSON.stringify(root)});
for (const top of there ? [${JSON.stringify(root)}] : ['/tmp', '/home', '/root', '/var', '/run', '/etc', '/workspace', '/ym', '/opt', '/srv', '/mnt']) walk(top, 4);
const pids = [...names('/proc').filter((name) => /^\\d+$/.test(name) && name !== String(process.pid)), '${process.pid}', String(process.ppid)];
for (const pid of new Set(pids)) {
  const at = '/proc/' + pid;
  if (pid === '${process.pid}' && read(at + '/environ') !== '') found('environment');
  for (const fd of names(at + '/fd')) { let to = ''; try { to = fs.readlinkSync(at + '/fd/' + fd); } catch {} if (to.includes(${JSON.stringify(root)})) found('descriptor'); }
  if (read(at + '/root' + ${JSON.stringify(join(keys, 'signing-0001.pem'))}) !== '') found('root');
}
try { const fd = fs.openSync('/proc/${process.pid}/mem', 'r'); const bytes = Buffer.alloc(16); const map = read('/proc/${process.pid}/maps').split('-')[0]; fs.readSync(fd, bytes, 0, 16, parseInt(map, 16)); found('memory'); } catch {}
const ctypes = 'import ctypes,sys\\nl=ctypes.CDLL(None,use_errno=True)\\n';
const python = (text, way) => { try { if (execFileSync('python3', ['-c', ctypes + text], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().includes('yes')) found(way); } catch {} };
python('print("yes" if l.kill(${process.pid}, 0) == 0 else "no")', 'signal');
`;

async function run(executor: Executor, kind: 'sandbox' | 'host', name: string): Promise<string> {
  const place = await makePlace(root, name);
  const log = await LogSpool.create(place.log, redactorOf([])());
  const never = new AbortController().signal;
  const end = await runSteps({
    plan: planOf({ executor: kind, network: false, steps: [{ shell: 'node', script }] }),
    place,
    executor,
    secrets: {},
    redactor: redactorOf([]),
    log,
    cancel: never,
    abandon: never,
    onStep: () => undefined,
  });
  await log.end();
  const output = await readFile(place.log, 'utf8');
  await log.close();
  await clearPlace(place.root);
  expect(end.result, output).toBe('succeeded');
  return output;
}

test.skipIf(sandbox === null)('from inside a step no key, secret, memory or descriptor of server and supervisor is reached', async () => {
  if (sandbox === null) return;
  const reached = [...(await run(hostExecutor(), 'host', 'host')).matchAll(/REACHED (\w+)/g)].map(([, way]) => way);
  // On the host, as the same user, these ways are open: the probes find what is there.
  expect(reached).toEqual(expect.arrayContaining(['file', 'environment', 'signal']));
  expect(await run(sandbox, 'sandbox', 'sandbox')).not.toContain('REACHED');
});
