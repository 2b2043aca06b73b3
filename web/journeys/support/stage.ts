import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import type { Api, Json } from '../../../campaigns/road/api.ts';
import { makeInstance, type Instance } from '../../../campaigns/road/instance.ts';
import { ship } from '../../../campaigns/road/ship.ts';
import { launch } from './browser.ts';

export const PASSWORD = 'a long enough password';
const root = join(import.meta.dirname, '../../..');

/** Where journeys leave their pictures, to be looked at. */
export const PICTURES = process.env['YARDMASTER_PICTURES'] ?? join(root, 'coverage/pictures');

/**
 * A whole instance with real processes, a browser, and persons who can sign in: ada (admin), dora (developer, author of
 * the commits), bob (approver), sam (release manager), uma (auditor), each NAME@example.org.
 */
export type Stage = {
  readonly instance: Instance;
  readonly browser: Browser;
  readonly url: string;
  readonly ada: Api;
  /** Ships a commit through dev and prod. */
  readonly ship: (mark: string) => Promise<string>;
  /** A commit, its run, its release; waits until prod's answer waits for an approval only. */
  readonly release: (mark: string) => Promise<string>;
  /** Runs a command as somebody typed it; `ym` is the project's. Answers what it printed. */
  readonly type: (command: string, token?: string) => Promise<string>;
  readonly close: () => Promise<void>;
};

export async function openStage(): Promise<Stage> {
  mkdirSync(PICTURES, { recursive: true });
  const [instance, browser] = await Promise.all([makeInstance(1), launch()]);
  const { ada, repository } = instance;
  const url = `http://127.0.0.1:${instance.ports[0]}`;
  const anybody = ada.as('nobody-0000000000');
  for (const [name, email, role] of [
    ['Sam Steady', 'sam@example.org', 'release-manager'],
    ['Uma Unbiased', 'uma@example.org', 'auditor'],
  ] as const) {
    const added = await ada.send('POST', '/v1/people', { name, emails: [email], roles: [{ role, on: {} }] });
    await anybody.send('POST', '/v1/setup', { link: added['invitation'], password: PASSWORD });
  }
  return {
    instance,
    browser,
    url,
    ada,
    ship: async (mark) => (await ship(instance, mark)).release,
    async release(mark) {
      const commit = repository.commit(mark);
      const run = await until(`the run of ${mark}`, async () => {
        const [found] = (await ada.get(`/v1/runs?service=clock&commit=${commit}`))['items'] as Json[];
        return found?.['state'] === 'succeeded' ? found : null;
      });
      const release = String((await ada.send('POST', '/v1/releases', { service: 'clock', run: run['id'] }))['id']);
      await until(`${mark} in dev`, async () => {
        const items = (await ada.get(`/v1/deployments?service=clock&release=${release}`))['items'] as Json[];
        return items.find((one) => one['environment'] === 'dev' && one['state'] === 'succeeded') ?? null;
      });
      return release;
    },
    async type(command, token) {
      const [program = '', ...args] = words(command);
      const entry = { ym: 'bin/ym.mjs', yardmaster: 'bin/yardmaster.mjs' }[program];
      if (entry === undefined) throw new Error(`${program} is no command of ours: ${command}`);
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: instance.folder,
        YARDMASTER_URL: url,
        ...(token === undefined ? {} : { YARDMASTER_TOKEN: token }),
      };
      const { stdout } = await promisify(execFile)(process.execPath, [join(root, entry), ...args], {
        env,
        cwd: instance.folder,
        timeout: 60_000,
      });
      return stdout;
    },
    async close() {
      await browser.close();
      await instance.close(false);
    },
  };
}

/** The words of a command line, quotes taken off; no shell is asked. */
export function words(command: string): string[] {
  return [...command.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replaceAll('\\"', '"') ?? single ?? bare ?? '',
  );
}

/** Asks again until there is an answer. */
export async function until<Answer>(what: string, ask: () => Promise<Answer | null>, ms = 90_000): Promise<Answer> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`${what} did not come within ${ms / 1000} s`);
    await new Promise((done) => setTimeout(done, 150));
  }
}
