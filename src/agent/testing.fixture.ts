import { createReadStream, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Act, Order } from '../contract/agent.ts';
import { packPath } from '../host/archive.pack.ts';
import { newId } from '../host/ids.system.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Fetch } from './artifact.disk.ts';

/** A small real service: answers its version, fails a share of its requests, is slow where asked, and ends at once. */
const SERVICE = `
import { createServer } from 'node:http';
const { VERSION, FAIL = '0', PORT } = process.env;
let count = 0;
const server = createServer((ask, answer) => {
  if (ask.url === '/healthz') return answer.end('ok');
  if (ask.url === '/env') return answer.end(JSON.stringify(process.env));
  if (ask.url === '/die') process.exit(3);
  count += 1;
  const bad = ask.url !== '/slow' && (count * 61) % 100 < Number(FAIL);
  setTimeout(() => { answer.statusCode = bad ? 500 : 200; answer.end(VERSION); }, ask.url === '/slow' ? 300 : 0);
});
server.listen(Number(PORT), '127.0.0.1');
// It ends at once: what it is answering is lost, unless nothing is sent to it any more.
process.on('SIGTERM', () => process.exit(0));
`;

export type Package = { readonly digest: Digest; readonly file: string; readonly fetch: Fetch };

/** A temporary folder for one test file; with it goes every process that a failed test left in it. */
export function folder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'ym-agent-'));
  return {
    path,
    remove: () => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
        if (within(pid, path)) process.kill(Number(pid), 'SIGKILL');
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function within(pid: string, path: string): boolean {
  try {
    return (
      Number(pid) !== process.pid &&
      (readlinkSync(`/proc/${pid}/cwd`).startsWith(`${path}/`) || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${path}/`))
    );
  } catch {
    return false;
  }
}

/** Packs the service under a marker, so that each marker is another digest. */
export async function packService(root: string, marker: string): Promise<Package> {
  const source = mkdtempSync(join(root, 'source-'));
  writeFileSync(join(source, 'main.mjs'), `// ${marker}\n${SERVICE}`);
  writeFileSync(
    join(source, 'smoke.mjs'),
    `const r = await fetch(process.env.URL + '/'); if (r.status !== 200) { console.error('answered', r.status); process.exit(1); }`,
  );
  const file = join(root, `${marker}.tgz`);
  const { digest } = await packPath(source, '.', file);
  return { digest, file, fetch: async () => Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array> };
}

export function startOrder(
  instance: string,
  digest: string,
  version: string,
  env: Record<string, string> = {},
): Extract<Order, { phase: 'start' }> {
  return {
    phase: 'start',
    instance,
    digest,
    version,
    release: newId('rel'),
    run: { command: ['node', 'main.mjs'], portEnv: 'PORT', health: '/healthz', readyWithinMs: 10_000, env: { VERSION: version } },
    configuration: env,
    dependsOn: [],
  };
}

export function actOf(order: Order, token = 1, rest: Partial<Act> = {}): Act {
  return {
    act: newId('act'),
    deployment: newId('dep'),
    service: 'shop',
    environment: 'prod',
    token,
    order,
    startWithinMs: 10_000,
    ...rest,
  };
}

export type Hit = { readonly status: number; readonly body: string };

/** One request; status 0 where none was answered. */
export function hit(port: number, path = '/'): Promise<Hit> {
  return new Promise((done) => {
    const asked = get({ host: '127.0.0.1', port, path, agent: false, timeout: 5000 }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') }));
      answer.on('error', () => done({ status: 0, body: '' }));
    });
    asked.on('error', () => done({ status: 0, body: '' }));
    asked.on('timeout', () => asked.destroy());
  });
}

/** Steady traffic until stopped; answers every hit. */
export function traffic(port: number, everyMs = 5): { stop(): Promise<Hit[]> } {
  const hits: Promise<Hit>[] = [];
  const timer = setInterval(() => hits.push(hit(port, hits.length % 10 === 0 ? '/slow' : '/')), everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      return await Promise.all(hits);
    },
  };
}

/** The lines of an agent's act log. */
export function logLines(state: string): Record<string, unknown>[] {
  return readFileSync(join(state, 'acts.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
