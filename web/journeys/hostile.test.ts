import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { chromiumPath, overflow, personAt, picture, settled, signIn, type View } from './support/browser.ts';
import { hostileNames } from '../../src/testing/hooks/names.ts';
import { hostileStrings, makeHostile } from './support/hostile.ts';
import { everyScreen } from './support/screens.ts';
import { openStage, PASSWORD, PICTURES, until, type Stage } from './support/stage.ts';

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
const strings = hostileStrings();
let stage: Stage;
const recorded = new Set<string>();

beforeAll(async () => {
  if (!here) return;
  stage = await openStage();
  const { ada, instance } = stage;
  for (const [at, name] of strings.slice(0, 30).entries()) {
    const email = `guest${at}@example.org`;
    await ada.send('POST', '/v1/people', { name, emails: [email], roles: [{ role: 'viewer', on: {} }] }).catch(refused);
  }
  for (const title of strings) {
    await ada
      .send('POST', '/v1/incidents', { title, description: title, service: 'clock', environment: 'prod', severity: 'minor' })
      .catch(refused);
  }
  const soon = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
  for (const [at, reason] of strings.slice(0, 40).entries()) {
    await ada
      .send('POST', '/v1/freezes', {
        kind: 'deny',
        scope: { environment: 'prod' },
        when: { kind: 'once', from: soon(200 + at), until: soon(201 + at) },
        reason,
        ticket: reason,
      })
      .catch(refused);
  }
  makeHostile(instance.repository.path, strings);
  const commit = instance.repository.commit('<script>alert(30)</script> "><img src=x onerror=alert(31)> ${alert(32)}');
  const run = await until('the hostile run', async () => {
    const [found] = (await ada.get(`/v1/runs?service=clock&commit=${commit}`))['items'] as Json[];
    return found?.['finishedAt'] == null ? null : found;
  });
  expect(run['state']).toBe('succeeded');
  // What a CI elsewhere calls its runs, jobs and branches; readers of CI servers fill the same pages.
  for (const [at, name] of hostileNames('/tmp/yardmaster-canary', process.env['CAMPAIGN_FULL'] === undefined ? 150 : 1000)
    .concat(strings)
    .entries()) {
    const build = { service: 'clock', system: 'jenkins', commit, id: at % 20 === 0 ? name : 'nightly', job: name, state: 'failed' };
    const told = await ada.send('POST', '/v1/record/builds', { ...build, ref: `refs/heads/${name}` }).catch(refused);
    if (told !== undefined) recorded.add(String(told['run']));
  }
  expect(recorded.size).toBeGreaterThan(1);
  const release = String((await ada.send('POST', '/v1/releases', { service: 'clock', run: run['id'] }))['id']);
  await until('the release in dev', async () => {
    const items = (await ada.get(`/v1/deployments?service=clock&release=${release}`))['items'] as Json[];
    return items.find((one) => one['environment'] === 'dev' && one['state'] === 'succeeded') ?? null;
  });
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

/** Some strings no field takes; that is a good answer. A failure of the server is none. */
function refused(error: unknown): void {
  if (!/: 4\d\d /.test(String(error))) throw error;
}

/** The narrow one, where texts stick out first; both with CAMPAIGN_FULL. */
const VIEWS: readonly View[] = [
  { width: 360, dark: true },
  ...(process.env['CAMPAIGN_FULL'] === undefined ? [] : [{ width: 1280, dark: false }]),
];

test.skipIf(!here).each(VIEWS)(
  `${strings.length} hostile texts in every field do nothing but stand there: $width px`,
  async (view) => {
    const { context, page, oddities } = await personAt(stage.browser, stage.url, view);
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
      );
    });
    await signIn(page, 'ada@example.org', PASSWORD);
    const found: string[] = [];
    for (const path of [
      ...(await everyScreen(stage)),
      ...[...recorded].slice(0, 5).flatMap((run) => [`/runs/${run}`, `/runs/${run}?part=findings`]),
      '/runs?limit=200',
      '/incidents?limit=1000',
      '/?text=%3Cscript%3Ealert(40)%3C%2Fscript%3E',
      '/runs?branch=javascript%3Aalert(41)',
    ]) {
      await page.goto(path);
      await settled(page);
      await page.mouse.wheel(0, 4000);
      await page.waitForTimeout(100);
      const links = await page.evaluate(() =>
        [...document.querySelectorAll('[href], [src], [action]')]
          .flatMap((element) => ['href', 'src', 'action', 'xlink:href'].map((name) => element.getAttribute(name) ?? ''))
          .filter((value) => value !== '' && !/^(?:https?:|\/|#|\?|data:image\/)/i.test(value)),
      );
      for (const link of links) found.push(`${path}: a link to ${link}`);
      for (const what of [...(await overflow(page)), ...oddities.splice(0)]) found.push(`${path}: ${what}`);
      await picture(page, PICTURES, `hostile-${path.replaceAll(/[^a-z-]+/g, '-').slice(1, 40)}-${view.width}`);
    }
    await context.close();
    expect(found).toEqual([]);
  },
  600_000,
);

test.skipIf(!here)('logs, artifacts and reports never come as a page of our origin', async () => {
  const { ada } = stage;
  const { items } = (await ada.get('/v1/artifacts')) as { items: Json[] };
  const release = ((await ada.get('/v1/releases?limit=1'))['items'] as Json[])[0];
  const token = JSON.parse(await stage.type('ym token create --name look --json').catch(() => '{}')) as { token?: string };
  const paths = [
    `/v1/artifacts/${String(items[0]?.['digest'])}/bytes`,
    `/v1/releases/${String(release?.['id'])}/bundle`,
    '/v1/incidents.csv',
  ];
  for (const path of paths) {
    const response = await fetch(`${stage.url}${path}`, { headers: { accept: 'text/html', authorization: `Bearer ${token.token ?? ''}` } });
    expect(response.headers.get('content-type') ?? '', path).not.toMatch(/html|xml|svg/);
    expect(response.headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(response.headers.get('content-security-policy'), path).toMatch(/default-src 'none'/);
  }
});
