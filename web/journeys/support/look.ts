// Pictures of screens, to be looked at: npm run look -- --path / --path /releases [--as ada] [--seed FOLDER | --url URL] [--to FOLDER]
//   --seed FOLDER   a stopped instance's state folder (FOLDER/state and FOLDER/state.keys); a copy of it is served
//   --url URL       a running instance
//   --path /releases/*   the first that the list of releases links to
//   --as NAME       who looks: NAME@example.org, with the demo's password
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launch, overflow, personAt, picture, settled, signIn, VIEWS } from './browser.ts';

const { values } = parseArgs({
  options: {
    path: { type: 'string', multiple: true, default: ['/'] },
    as: { type: 'string', default: 'ada' },
    seed: { type: 'string' },
    url: { type: 'string' },
    to: { type: 'string', default: join(tmpdir(), 'look') },
    password: { type: 'string', default: 'a long enough password' },
  },
});

const served = values.url === undefined ? await serve(values.seed) : { url: values.url, end: async () => undefined };
const browser = await launch();
try {
  for (const view of VIEWS) {
    const { context, page, oddities } = await personAt(browser, served.url, view);
    await signIn(page, `${values.as}@example.org`, values.password);
    for (const path of values.path) {
      await page.goto(path.replace(/\/\*$/, ''));
      await settled(page);
      if (path.endsWith('/*')) {
        await page.locator('main table a').first().click();
        await page.waitForTimeout(400);
        await settled(page);
      }
      const name = `${
        path
          .replaceAll(/[^a-zA-Z0-9]+/g, '-')
          .replace(/^-|-$/g, '')
          .slice(0, 60) || 'yard'
      }-${view.width}-${view.dark ? 'dark' : 'light'}`;
      console.log(await picture(page, values.to, name), ...(await overflow(page)), ...oddities.splice(0));
    }
    await context.close();
  }
} finally {
  await browser.close();
  await served.end();
}

async function serve(seed: string | undefined): Promise<{ url: string; end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-look-'));
  chmodSync(folder, 0o755);
  // With its owners: the database's files belong to another user.
  if (seed !== undefined) execFileSync('cp', ['-a', `${seed}/.`, folder]);
  const port = await new Promise<number>((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
  const env = { ...process.env, YARDMASTER_STATE: join(folder, 'state'), YARDMASTER_PORT: String(port), YARDMASTER_LOG_LEVEL: 'warn' };
  const server = spawn(process.execPath, [join(import.meta.dirname, '../../../bin/yardmaster.mjs'), 'server'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((done, failed) => {
    server.once('exit', (code) => failed(new Error(`the server ended with ${code}`)));
    server.stdout.on('data', (chunk: Buffer) => (String(chunk).includes('Yardmaster is at') ? done() : undefined));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    end: async () => {
      server.removeAllListeners('exit');
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
