import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { yardmaster, type Started } from '../host/daemon.fixture.ts';
import { testDatabase } from '../testing/database.ts';
import { freePort } from '../agent/instance.process.ts';

// The door as it stands in the world: TLS of its own, and haproxy in front that ends TLS. Real processes.

const has = (program: string, argument: string): boolean => spawnSync(program, [argument]).status === 0;
const OPENSSL = has('openssl', 'version');
const HAPROXY = has('haproxy', '-v');
const folder = mkdtempSync(join(tmpdir(), 'ym-door-'));
chmodSync(folder, 0o755);
const started: Started[] = [];
const others: ChildProcess[] = [];
const database = await testDatabase();

afterAll(async () => {
  for (const one of others) one.kill('SIGKILL');
  for (const one of started) one.child.kill('SIGTERM');
  await Promise.all(started.map((one) => one.ended));
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(() => {
  if (!OPENSSL) return;
  certificate('one', 'first');
  certificate('two', 'second');
});

/** A certificate for localhost that signs itself, with this name on it. */
function certificate(file: string, name: string): void {
  const at = (ending: string): string => join(folder, `${file}.${ending}`);
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`]
      .concat(['-addext', 'subjectAltName=DNS:localhost,DNS:yard.example.org,IP:127.0.0.1'])
      .concat(['-keyout', at('key'), '-out', at('crt')]),
    { stdio: 'ignore' },
  );
  chmodSync(at('key'), 0o600);
}

async function server(
  name: string,
  env: Record<string, string>,
): Promise<{ url: string; port: number; log(): string; child: ChildProcess }> {
  const port = await freePort();
  const one = yardmaster(['server'], {
    YARDMASTER_STATE: join(folder, name),
    YARDMASTER_KEYS: join(folder, 'keys'),
    YARDMASTER_PORT: String(port),
    DATABASE_URL: database.url,
    HOME: folder,
    ...env,
  });
  started.push(one);
  await one.says(/Yardmaster is at/);
  return { url: /at (https?:\S+)/.exec(one.said().out)?.[1] ?? '', port, log: () => one.said().err, child: one.child };
}

type Reply = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: string };

function get(url: string, headers: Record<string, string> = {}, options: { agent?: Agent; ca?: string } = {}): Promise<Reply> {
  const ask = url.startsWith('https') ? httpsRequest : httpRequest;
  return new Promise((done, fail) => {
    const sent = ask(
      url,
      { headers, agent: options.agent, ...(options.ca === undefined ? {} : { ca: readFileSync(options.ca), servername: 'localhost' }) },
      (answer) => {
        let body = '';
        answer.on('data', (part: Buffer) => (body += part.toString()));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      },
    );
    sent.on('error', fail);
    sent.end();
  });
}

const ym = (args: readonly string[], env: Record<string, string>) =>
  spawnSync(process.execPath, [join(import.meta.dirname, '../../bin/ym.mjs'), ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    encoding: 'utf8',
  });

function nameOnCertificate(port: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      done(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', fail);
  });
}

test.skipIf(!OPENSSL)(
  'TLS of its own: HSTS, clients that trust the authority, and a new certificate without losing a connection',
  async () => {
    const live = { cert: join(folder, 'live.crt'), key: join(folder, 'live.key') };
    copyFileSync(join(folder, 'one.crt'), live.cert);
    copyFileSync(join(folder, 'one.key'), live.key);
    const one = await server('tls', { YARDMASTER_TLS_CERT: live.cert, YARDMASTER_TLS_KEY: live.key });
    expect(one.url).toBe(`https://127.0.0.1:${one.port}`);
    const agent = new Agent({ keepAlive: true, ca: readFileSync(live.cert) });
    const first = await get(`${one.url}/v1/me`, {}, { agent });
    expect(first).toMatchObject({ status: 401, headers: { 'strict-transport-security': 'max-age=31536000' } });

    // `ym` refuses a certificate that nobody vouches for, and takes it with YARDMASTER_CA.
    const stranger = ym(['whoami', '--url', one.url], {});
    expect({ code: stranger.status, err: stranger.stderr }).toMatchObject({
      code: 5,
      err: expect.stringContaining('self-signed') as string,
    });
    const friend = ym(['whoami', '--url', one.url], { YARDMASTER_CA: live.cert });
    expect({ code: friend.status, err: friend.stderr }).toMatchObject({
      code: 3,
      err: expect.stringContaining('identity.not-signed-in') as string,
    });
    const nothing = ym(['whoami', '--url', one.url], { YARDMASTER_CA: live.key });
    expect({ code: nothing.status, err: nothing.stderr }).toMatchObject({ err: expect.stringContaining('client.bad-authority') as string });

    // Runners and agents do too: they reach the server, which refuses what is no registration.
    const machine = async (kind: 'runner' | 'agent', ...more: string[]): Promise<string> => {
      const args = [
        kind,
        '--url',
        one.url,
        '--name',
        'm',
        '--state',
        join(folder, kind),
        '--user',
        'root',
        '--registration',
        'ym_reg_0123456789abcdef',
      ];
      const ended = yardmaster([...args, ...more], { HOME: folder, YARDMASTER_CA: live.cert });
      started.push(ended);
      await ended.ended;
      return ended.said().err;
    };
    const said = await Promise.all([machine('runner', '--executor', 'host'), machine('agent', '--router', 'builtin')]);
    for (const err of said) expect(err).toMatch(/registration/);

    // A request that began before the change ends after it, on its connection.
    const slow = httpsRequest(`${one.url}/v1/setup`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': '2' },
    });
    const answered = new Promise<number>((done, fail) => {
      slow.on('response', (answer) => done(answer.resume().statusCode ?? 0));
      slow.on('error', fail);
    });
    slow.write('{');
    copyFileSync(join(folder, 'two.key'), live.key);
    one.child.kill('SIGHUP');
    await expect.poll(() => one.log(), { timeout: 5000 }).toContain('can not be used; the old one goes on');
    expect(await nameOnCertificate(one.port)).toBe('first');
    copyFileSync(join(folder, 'two.crt'), live.cert);
    one.child.kill('SIGHUP');
    await expect.poll(() => nameOnCertificate(one.port), { timeout: 5000 }).toBe('second');
    slow.end('}');
    expect(await answered).toBe(400);

    // Told to stop, it lets what is under way on an encrypted connection end.
    const last = httpsRequest(`${one.url}/v1/setup`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': '2' },
    });
    const ended = new Promise<number>((done, fail) => {
      last.on('response', (answer) => done(answer.resume().statusCode ?? 0));
      last.on('error', fail);
    });
    last.write('{');
    await sleep(300);
    one.child.kill('SIGTERM');
    await sleep(700);
    last.end('}');
    expect(await ended).toBe(400);
    agent.destroy();
  },
  60_000,
);

/** What is answered to these bytes on one connection, by the last of its answers. */
function lastAnswer(port: number, certificate: string | null, bytes: string): Promise<{ status: string; names: string[]; code: unknown }> {
  return new Promise((done, fail) => {
    let heard = '';
    const ready = (): void => void socket.write(bytes);
    const at = { port, host: '127.0.0.1' };
    const socket = certificate === null ? connectPlain(at, ready) : connect({ ...at, ca: readFileSync(certificate) }, ready);
    socket.on('data', (part: Buffer) => {
      heard += part.toString();
      const last = heard.slice(heard.lastIndexOf('HTTP/1.1 '));
      const [head = '', body = ''] = last.split('\r\n\r\n');
      const problem = /\{"type".*\}/s.exec(body)?.[0];
      if (problem === undefined) return;
      const [status = '', ...lines] = head.split('\r\n');
      const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).sort();
      socket.destroy();
      done({ status, names, code: (JSON.parse(problem) as { code: unknown }).code });
    });
    socket.on('error', fail);
  });
}

test.skipIf(!OPENSSL)(
  'a webhook is answered the same by each of the three ways in, plain and encrypted',
  async () => {
    for (const [name, certificate] of [
      ['ways', null],
      ['ways-tls', join(folder, 'one.crt')],
    ] as const) {
      const tls: Record<string, string> =
        certificate === null ? {} : { YARDMASTER_TLS_CERT: certificate, YARDMASTER_TLS_KEY: join(folder, 'one.key') };
      const one = await server(name, tls);
      const head = (more: string): string => `POST /v1/hooks/in/hok_${'0'.repeat(32)} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
      const bare = await lastAnswer(one.port, certificate, `${head('Content-Length: 2\r\n')}{}`);
      const before = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
      const lean = await lastAnswer(one.port, certificate, `${before}${head('Content-Length: 2\r\n')}{}`);
      const usual = await lastAnswer(one.port, certificate, `${head('Transfer-Encoding: chunked\r\n')}2\r\n{}\r\n0\r\n\r\n`);
      expect(bare).toMatchObject({ status: 'HTTP/1.1 401 Unauthorized', code: 'hooks.refused' });
      expect(bare.names).toEqual(expect.arrayContaining(['x-content-type-options', 'x-request-id', 'ratelimit', 'date', 'keep-alive']));
      expect(bare.names.includes('strict-transport-security')).toBe(certificate !== null);
      expect(lean).toEqual(bare);
      // What is in chunks is sent in chunks, too, and its connection ends: nobody knows how much is still to come.
      const same = ({ names }: { names: string[] }): string[] =>
        names.filter((one) => !['content-length', 'transfer-encoding', 'keep-alive', 'connection'].includes(one));
      expect({ ...usual, names: same(usual) }).toEqual({ ...bare, names: same(bare) });
    }
  },
  60_000,
);

test.skipIf(!OPENSSL || !HAPROXY)(
  'behind haproxy: its word about the caller counts, a stranger’s does not; names and limits',
  async () => {
    const one = await server('proxied', {
      YARDMASTER_PUBLIC_URL: 'https://yard.example.org',
      YARDMASTER_TRUSTED_PROXIES: '127.0.0.1/32',
      YARDMASTER_LIMITS: 'address=60/20,refused=6/10',
    });
    const front = await freePort();
    const pem = join(folder, 'front.pem');
    writeFileSync(pem, readFileSync(join(folder, 'one.crt'), 'utf8') + readFileSync(join(folder, 'one.key'), 'utf8'));
    const configuration = join(folder, 'haproxy.cfg');
    writeFileSync(
      configuration,
      `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${front} ssl crt ${pem}
  # As a proxy that adds a hop: what a client wrote itself stays left of it.
  http-request add-header X-Forwarded-For %[hdr(x-test-source)]
  http-request set-header X-Forwarded-Proto https
  default_backend back
backend back
  server one 127.0.0.1:${one.port}
`,
    );
    others.push(spawn('haproxy', ['-f', configuration], { stdio: 'ignore' }));
    const ca = join(folder, 'one.crt');
    const through = (source: string, more: Record<string, string> = {}, path = '/v1/me'): Promise<Reply> =>
      get(`https://localhost:${front}${path}`, { host: 'yard.example.org', 'x-test-source': source, ...more }, { ca });
    await expect
      .poll(
        () =>
          through('198.51.100.1').then(
            (reply) => reply.status,
            () => 0,
          ),
        { timeout: 5000 },
      )
      .toBe(401);

    expect((await through('198.51.100.1')).headers).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
      'ratelimit-policy': '"address";q=20;w=20',
    });
    expect((await through('198.51.100.1', { host: 'evil.example.org' })).status).toBe(421);
    expect((await through('198.51.100.1', { host: 'evil.example.org' }, '/readyz')).status).toBe(200);

    // One noisy address, which also claims to be others, is told to wait; another address is not.
    const flood = await Promise.all(Array.from({ length: 60 }, (_, at) => through('203.0.113.5', { 'x-forwarded-for': `192.0.2.${at}` })));
    const refused = flood.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(25);
    expect(JSON.parse(refused[0]?.body ?? '{}')).toMatchObject({
      code: 'platform.too-many-requests',
      data: { limit: 'address' },
      remedy: expect.stringContaining('YARDMASTER_LIMITS') as string,
    });
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await through('203.0.113.6')).status).toBe(401);
    expect((await through('203.0.113.5', {}, '/readyz')).status).toBe(200);

    // Credentials that are not valid are counted apart, and refused before the database is asked.
    const guesses = await Promise.all(
      Array.from({ length: 30 }, () => through('203.0.113.7', { authorization: 'Bearer ym_tok_0123456789abcdef' })),
    );
    expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(15);
    expect(guesses.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(15);

    // Without the proxy, from an address that is trusted all the same: plain HTTP is no https, so no HSTS.
    const plain = await get(`http://127.0.0.1:${one.port}/v1/me`);
    expect(plain.headers).not.toHaveProperty('strict-transport-security');
  },
  60_000,
);
