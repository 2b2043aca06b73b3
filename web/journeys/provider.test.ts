import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openIdentityProvider } from '../../src/testing/identity-provider.ts';
import { chromiumPath, launch, overflow, personAt, picture, settled, signIn, VIEWS } from './support/browser.ts';
import { PASSWORD, PICTURES } from './support/stage.ts';

// Signing in with a real provider in a real browser: the button, the callback, a fresh sign-in in a window of its own.

const port = await new Promise<number>((done) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const address = probe.address();
    probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
  });
});
const url = `http://127.0.0.1:${port}`;
const idp = await openIdentityProvider(`${url}/sign-in/callback`);

type Json = Record<string, unknown>;
async function send(method: string, path: string, token: string | null, body?: unknown): Promise<Json> {
  const headers = { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const json = (await answer.json()) as Json;
  if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`);
  return json;
}

test.skipIf(chromiumPath() === null)(
  'a person signs in with a provider, proves anew who they are, and lets a terminal in; an admin sees it all',
  async () => {
    mkdirSync(PICTURES, { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), 'ym-provider-'));
    chmodSync(folder, 0o755);
    const env = {
      ...process.env,
      YARDMASTER_STATE: join(folder, 'state'),
      YARDMASTER_PORT: String(port),
      YARDMASTER_LOG_LEVEL: 'warn',
      YARDMASTER_EGRESS_ALLOW: idp.place,
    };
    const server = spawn(process.execPath, [join(import.meta.dirname, '../../bin/yardmaster.mjs'), 'server'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const browser = await launch();
    try {
      const link = await new Promise<string>((done, failed) => {
        let said = '';
        server.once('exit', (code) => failed(new Error(`the server ended with ${code}`)));
        server.stdout.on('data', (chunk: Buffer) => {
          said += String(chunk);
          const found = /ym_link_[0-9a-f]+/.exec(said)?.[0];
          if (found !== undefined && said.includes('Yardmaster is at')) done(found);
        });
      });
      server.removeAllListeners('exit');
      const ada = String(
        (await send('POST', '/v1/setup', null, { link, name: 'Ada Admin', email: 'ada@example.org', password: PASSWORD }))['token'],
      );
      await send('POST', '/v1/sign-in-providers', ada, {
        name: 'corp',
        title: 'Corp login',
        issuer: idp.url,
        clientId: idp.client.id,
        secret: idp.client.secret,
        settings: { scopes: ['profile', 'email', 'groups'], provision: true, roles: [{ group: 'devs', role: 'developer' }] },
      });
      await send('POST', '/v1/workloads', ada, {
        name: 'shop-ci',
        issuer: idp.url,
        audience: url,
        conditions: { repository: ['acme/shop'], ref: ['refs/heads/main', 'refs/tags/**'] },
        services: ['shop'],
      });

      const [view] = VIEWS;
      if (view === undefined) throw new Error('no view');
      const { page, context } = await personAt(browser, url, view);
      idp.as({ sub: 'cy-1', name: 'Cy Careful', email: 'cy@example.org', email_verified: true, groups: ['devs'] }, { secondsAgo: 7200 });
      await page.goto('/account');
      await page.getByRole('button', { name: 'Sign in with Corp login' }).click();
      // Back to the page that was asked for, with the code gone from the address.
      await page.waitForURL('**/account');
      await settled(page);
      expect(await page.getByText('I signed in with Corp login.').count()).toBe(1);
      expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('ym-sign-in-')))).toEqual([]);

      const asked = await send('POST', '/v1/sign-in/terminal', null, {});
      await page.goto('/sign-in/terminal');
      await page.getByLabel('Code').fill(String(asked['code']));
      await page.getByRole('button', { name: 'Look' }).click();
      await page.getByText('Is this your terminal?').waitFor();
      idp.as({ sub: 'cy-1', name: 'Cy Careful', groups: ['devs'] });
      await page.getByRole('button', { name: 'Yes, sign it in' }).click();
      // Two hours old at the provider: it asks for a fresh one, in a window that closes by itself, and then goes on.
      const opened = context.waitForEvent('page');
      await page.getByRole('button', { name: 'Sign in again with Corp login' }).click();
      await (await opened).waitForEvent('close');
      await page.getByText('The terminal is signed in as Cy Careful').waitFor();
      const { session } = (await send('POST', '/v1/sign-in/terminal/take', null, { secret: asked['secret'] })) as {
        session: { name: string };
      };
      expect(session.name).toBe('Cy Careful');

      idp.as('nobody');
      await context.clearCookies();
      await page.goto('/sign-in');
      await page.getByRole('button', { name: 'Sign in with Corp login' }).click();
      await page.getByText('Corp login did not sign you in').waitFor();

      for (const one of VIEWS) {
        const admin = await personAt(browser, url, one);
        const name = (what: string): string => `provider-${what}-${one.width}-${one.dark ? 'dark' : 'light'}`;
        await admin.page.goto('/sign-in');
        await settled(admin.page);
        await picture(admin.page, PICTURES, name('door'));
        await signIn(admin.page, 'ada@example.org', PASSWORD);
        for (const part of ['admin/sign-in', 'admin/workloads', 'admin/unmapped', 'sign-in/terminal', 'account']) {
          await admin.page.goto(`/${part}`);
          await settled(admin.page);
          await picture(admin.page, PICTURES, name(part.replace('/', '-')));
          expect(await overflow(admin.page), part).toEqual([]);
        }
        expect(admin.oddities).toEqual([]);
        await admin.context.close();
      }
    } finally {
      await browser.close();
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
