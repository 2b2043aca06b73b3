import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, createSign, generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BINARY = '/usr/bin/docker-registry';
/** Whether Debian's docker-registry is here; a test that needs it says so and skips where it is not. */
export const HAS_REGISTRY = existsSync(BINARY);
if (!HAS_REGISTRY) process.stderr.write('docker-registry is not installed: what needs a real OCI registry is skipped\n');

export const REGISTRY_USER = 'ada';
export const REGISTRY_PASSWORD = 'a secret of a test';
const HTPASSWD = `${REGISTRY_USER}:$2b$04$PgtJ22Pn/I5XEO1dEhIPCelEGTa.8gKTBHNrQy4qufomP3q2Qayvq\n`;

export type Registry = {
  readonly url: string;
  readonly host: string;
  readonly folder: string;
  kill(): Promise<void>;
  /** Starts it anew after `kill`: the same address, the same data. */
  again(): Promise<void>;
  close(): Promise<void>;
};

/**
 * A real OCI registry: Debian's docker-registry (distribution 2.8, without the referrers API) on a port and a folder of
 * its own. `basic`: one user; `token`: bearer tokens of a token service that stands at `realm`.
 */
export async function startRegistry(
  auth: 'none' | 'basic' | { readonly realm: string; readonly certificate: string } = 'none',
): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-registry-'));
  writeFileSync(join(folder, 'htpasswd'), HTPASSWD);
  const how =
    auth === 'none'
      ? []
      : auth === 'basic'
        ? ['auth:', `  htpasswd: {realm: test, path: ${join(folder, 'htpasswd')}}`]
        : ['auth:', `  token: {realm: "${auth.realm}", service: test-registry, issuer: test-issuer, rootcertbundle: ${auth.certificate}}`];
  const configFor = (addr: string): string[] => [
    'version: 0.1',
    'log: {level: info, accesslog: {disabled: true}}',
    `storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}, delete: {enabled: true}}`,
    `http: {addr: "${addr}"}`,
    ...how,
  ];
  const start = async (addr: string): Promise<{ child: ChildProcess; port: string }> => {
    writeFileSync(join(folder, 'config.yml'), `${configFor(addr).join('\n')}\n`);
    const started = spawn(BINARY, ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
    return { child: started, port: await portOf(started) };
  };
  let { child, port } = await start('127.0.0.1:0');
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('close', done));
    child.kill('SIGKILL');
    await gone;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    folder,
    kill,
    async again() {
      ({ child, port } = await start(`127.0.0.1:${port}`));
    },
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function portOf(child: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    let said = '';
    const hear = (bytes: Buffer): void => {
      said += bytes.toString();
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (found !== undefined) done(found);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('close', () => failed(new Error(`docker-registry ended: ${said.slice(-2000)}`)));
  });
}

export type TokenService = { readonly realm: string; readonly certificate: string; readonly asked: string[]; close(): Promise<void> };

/** A token service as the registry's specification describes it: RS256 tokens with the certificate that the registry trusts. */
export async function startTokenService(): Promise<TokenService> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-token-'));
  const [keyFile, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  execFileSync('openssl', ['req', '-x509', '-new', '-key', keyFile, '-subj', '/CN=test-issuer', '-days', '2', '-out', certificate], {
    stdio: 'ignore',
  });
  const x5c = new X509Certificate(readFileSync(certificate)).raw.toString('base64');
  const key = createPrivateKey(readFileSync(keyFile));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://tokens');
    asked.push(url.search);
    const basic = `Basic ${Buffer.from(`${REGISTRY_USER}:${REGISTRY_PASSWORD}`).toString('base64')}`;
    if (request.headers.authorization !== basic) return void response.writeHead(401).end();
    const access = url.searchParams.getAll('scope').map((scope) => {
      const [type, name, actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'test-issuer',
      sub: 'ada',
      aud: 'test-registry',
      iat: now,
      nbf: now - 60,
      exp: now + 300,
      jti: randomUUID(),
      access,
    };
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode({ typ: 'JWT', alg: 'RS256', x5c: [x5c] })}.${encode(claims)}`;
    const signature = createSign('sha256').update(signed).sign(key, 'base64url');
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token: `${signed}.${signature}`, expires_in: 300 }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    certificate,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
