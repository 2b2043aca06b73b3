import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../agent/instance.process.ts';

const BINARY = join(import.meta.dirname, '../../tools/peers/verdaccio/node_modules/verdaccio/bin/verdaccio');
/** Whether Verdaccio is installed beside the tests; what needs a real npm registry says so and skips where it is not. */
export const HAS_VERDACCIO = existsSync(BINARY);
if (!HAS_VERDACCIO)
  process.stderr.write('Verdaccio is not installed (npm ci --ignore-scripts --prefix tools/peers/verdaccio): npm against it is skipped\n');

export type NpmRegistry = { readonly url: string; readonly token: string; readonly folder: string; close(): Promise<void> };

/** A real npm registry without an uplink, with one user who may publish. */
export async function startVerdaccio(): Promise<NpmRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-verdaccio-'));
  const config = [
    `storage: ${join(folder, 'storage')}`,
    `auth: {htpasswd: {file: ${join(folder, 'htpasswd')}, algorithm: bcrypt, rounds: 4}}`,
    'uplinks: {}',
    "packages: {'@*/*': {access: $all, publish: $authenticated}, '**': {access: $all, publish: $authenticated}}",
    'log: {type: stdout, format: json, level: warn}',
    'web: {enable: false}',
  ];
  writeFileSync(join(folder, 'config.yaml'), `${config.join('\n')}\n`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const child = spawn(process.execPath, [BINARY, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
    stdio: 'ignore',
  });
  const gone = new Promise<void>((done) => child.once('close', () => done()));
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url, token: await firstUser(url), folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function firstUser(url: string): Promise<string> {
  const body = JSON.stringify({ name: 'ada', password: 'a long enough password', email: 'ada@example.org', type: 'user', roles: [] });
  for (let left = 300; ; left -= 1) {
    try {
      const answer = await fetch(`${url}-/user/org.couchdb.user:ada`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body,
      });
      const { token } = (await answer.json()) as { token?: string };
      if (token !== undefined) return token;
      throw new Error(`Verdaccio made no user: ${answer.status}`);
    } catch (error) {
      if (left === 0 || !(error instanceof TypeError)) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}
