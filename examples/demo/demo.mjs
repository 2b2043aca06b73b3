// yardmaster demo (npm run demo): the whole road with real commits, real processes and real traffic. It uses ym and the API like anybody.
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { optionsOf } from './options.mjs';
import { firstToEnd, freePort, refusedFor, root, run, start, stopAll, ymFor } from './processes.mjs';
import { change, makeRepository, push } from './repositories.mjs';
import { teller } from './story.mjs';
import { customers, damage } from './traffic.mjs';

const { json, exit } = optionsOf(process.argv.slice(process.argv.indexOf('demo') + 1));
const { chapter, say, seconds } = teller(json);

const folder = mkdtempSync(join(tmpdir(), 'yardmaster-demo-'));
chmodSync(folder, 0o755);
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const logOf = (name) => join(folder, `${name}.log`);
const agentState = join(folder, 'agent');
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('YARDMASTER_') && name !== 'DATABASE_URL'),
);
const env = {
  ...clean,
  YARDMASTER_URL: url,
  YARDMASTER_STATE: join(folder, 'state'),
  YARDMASTER_PORT: String(port),
  YARDMASTER_LEASE_MS: '6000',
  XDG_CONFIG_HOME: join(folder, 'config'),
};
const password = 'a long enough password';
const people = {
  ada: { name: 'Ada Admin', email: 'ada@example.org' },
  bo: { name: 'Bo Builder', email: 'bo@example.org' },
  cy: { name: 'Cy Careful', email: 'cy@example.org' },
  di: { name: 'Di Decider', email: 'di@example.org' },
};
const ym = {};
const releases = [];

// Once, however many signals come: what is stopped must be stopped in order.
let ending = null;
let signalled = false;
let told = false;
const endAll = () => (ending ??= stopAll(agentState));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    signalled = true;
    process.stderr.write('\nStopping everything that was started ...\n');
    void endAll().finally(() => process.exit(told ? 0 : 130));
  });
}

async function main() {
  await openTheYard();
  await bringTheMachines();
  const repositories = await describeTheServices();
  await firstReleases(repositories);
  const front = await frontPort('shop', 'prod');
  const traffic = customers(front, 80);
  const rollback = await badRelease(repositories.shop, traffic);
  await hotfix(repositories.shop, rollback);
  traffic.stop();
  const bundle = await prove();
  const dora = await measure();
  tellTheEnd(bundle, dora, rollback);
  const summary = { releases, rollback: rollback.summary, bundle, verified: true, dora, url };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}

/** Server, first admin, three more persons. */
async function openTheYard() {
  chapter('An empty yard: the server starts on its own PostgreSQL, and Ada becomes its first admin');
  const { output } = await start('server', ['server'], env, /ym_link_[0-9a-f]+/, logOf('server'));
  const link = /ym_link_[0-9a-f]+/.exec(output)[0];
  const setup = ymFor(env);
  const signedIn = await setup('setup', '--link', link, '--name', people.ada.name, '--email', people.ada.email, '--password', password);
  ym.ada = ymFor({ ...env, YARDMASTER_TOKEN: signedIn.token });
  const roles = { bo: ['developer', 'approver'], cy: ['developer', 'approver'], di: ['developer', 'approver', 'release-manager'] };
  for (const key of ['bo', 'cy', 'di']) {
    const added = await ym.ada('person', 'add', people[key].name, '--email', people[key].email, '--role', ...roles[key]);
    const own = await setup('setup', '--link', added.invitation, '--password', password);
    const personal = { ...env, YARDMASTER_TOKEN: own.token };
    ym[key] = ymFor(personal);
    people[key].refused = refusedFor(personal);
    people[key].token = own.token;
  }
  say(`${url}: Bo builds, Cy and Di approve`);
}

/** A runner that builds, an agent that deploys: each its own process with its own key. */
async function bringTheMachines() {
  chapter('A runner and an agent join with single-use registrations');
  const runner = await ym.ada('runner', 'register', '--trust', 'trusted');
  await start(
    'runner',
    [
      'runner',
      '--url',
      url,
      '--name',
      'builder-1',
      '--state',
      join(folder, 'runner'),
      '--registration',
      runner.registration,
      '--slots',
      '2',
    ],
    env,
    /is ready/,
    logOf('runner'),
  );
  const agent = await ym.ada('agent', 'register', '--label', 'default');
  const { output } = await start(
    'agent',
    ['agent', '--url', url, '--name', 'machine-1', '--state', agentState, '--registration', agent.registration],
    env,
    /is ready/,
    logOf('agent'),
  );
  say(lastLine(output));
}

/** Repositories with real history, the catalog, a signed webhook for each. */
async function describeTheServices() {
  chapter('Three services that depend on each other: shop (TypeScript) asks prices (JavaScript) and stock (Python where there is one)');
  const python = await run('python3', ['--version']).then(
    () => true,
    () => false,
  );
  const made = join(folder, 'repositories');
  mkdirSync(made);
  const repositories = {
    prices: await makeRepository(made, 'prices', 'prices', people.bo, clean),
    stock: await makeRepository(made, 'stock', python ? 'stock' : 'stock-js', people.bo, clean),
    shop: await makeRepository(made, 'shop', 'shop', people.bo, clean),
  };
  let text = readFileSync(join(root, 'examples/yardmaster.yaml'), 'utf8').replaceAll('REPOSITORIES/', `file://${made}/`);
  if (!python) text = text.replace('stack: python', 'stack: node').replace('[python3, server.py]', '[node, server.js]');
  const file = join(folder, 'yardmaster.yaml');
  writeFileSync(file, text);
  const applied = await ym.ada('apply', '--file', file, '--yes');
  for (const repository of Object.values(repositories)) repository.hook = await ym.ada('hook', repository.name);
  say(`ym apply: ${applied.changes.length} changes; each repository tells of pushes by a signed webhook`);
  return repositories;
}

/** All three go dev -> stage -> prod; approvals by two different persons. */
async function firstReleases(repositories) {
  chapter('Pushes become runs: tested, reported, packaged, with SBOM and signed provenance');
  const runs = {};
  for (const repository of Object.values(repositories)) await tell(repository);
  for (const name of ['prices', 'stock', 'shop']) runs[name] = await runOf(name);
  say(
    `built: ${Object.values(runs)
      .map((one) => `${one.service} ${one.commit.slice(0, 7)}`)
      .join(', ')}`,
  );

  chapter('Releases go to dev, then stage, then wait for a person in front of prod');
  const cut = {};
  for (const name of ['prices', 'stock', 'shop']) {
    cut[name] = await ym.bo('release', 'create', name, '--run', runs[name].id);
    if (name !== 'stock') continue;
    await approveWhenAsked(cut.prices, 'di', 'prices are right');
    await approveWhenAsked(cut.stock, 'di', 'stock counts are right');
    await Promise.all([deployed(cut.prices, 'prod'), deployed(cut.stock, 'prod')]);
    say('Di approved prices and stock; both run in prod');
  }
  const own = await untilAsked(cut.shop);
  const refused = await people.bo.refused('approve', own.name, '--env', 'prod', '--reason', 'I wrote it, it is fine');
  if (refused.code === 0) throw new Error('Bo approved his own release');
  say(`Bo tries to approve his own release and is refused: ${refused.answer.problem.title}`);
  await ym.cy('approve', own.name, '--env', 'prod', '--reason', 'looked at the diff and at stage');
  await deployed(cut.shop, 'prod');
  say(`Cy approved ${own.name}; it runs in prod`);
}

/** A real defect that the tests miss: the canary meets it under real traffic and the deployment goes back by itself. */
async function badRelease(shop, traffic) {
  chapter('A version with a real defect: sold out products divide by zero, and no test looks');
  change(shop, [
    ['shop-bad.ts', 'shop.ts'],
    ['shop-bad.test.ts', 'test/shop.test.ts'],
  ]);
  await push(shop, people.bo, 'feat: show what part of the stock one piece is');
  await tell(shop);
  const built = await runOf('shop', await head(shop));
  const release = await ym.bo('release', 'create', 'shop', '--run', built.id);
  await approveWhenAsked(release, 'cy', 'tests are green');
  say(`shop@${release.version} is built, tested, approved, and gets a share of the customers`);
  const began = Date.now();
  const deployment = await deploymentOf(release, 'prod');
  const ended = await ym
    .bo('deployment', 'wait', deployment.id, '--timeout', '90')
    .catch(async () => ym.bo('deployment', 'show', deployment.id));
  await sleep(1500);
  const { seconds: took, failed, total } = damage(traffic.answers, began);
  if (ended.state !== 'rolled-back') throw new Error(`the bad release ended ${ended.state}, not rolled-back: ${ended.cause}`);
  releases.push({ service: 'shop', version: release.version, environment: 'prod', outcome: ended.state });
  const verdict = ended.verdicts.at(-1);
  say(`${verdict === undefined ? ended.cause : verdict.why}`);
  say(`it went back by itself: ${failed} of ${total} requests failed, the last one ${took.toFixed(1)} s after the first`);
  return {
    deployment: deployment.id,
    summary: { service: 'shop', version: release.version, secondsToRecover: took, requestsFailed: failed, requestsTotal: total },
  };
}

/** The incident is opened, linked, mended by a hotfix, and closed. */
async function hotfix(shop, { deployment }) {
  chapter('An incident, a hotfix with a test for it, and the end of the incident');
  const incident = await ym.cy(
    'incident',
    'open',
    '--title',
    'sold out products answer 500',
    '--service',
    'shop',
    '--env',
    'prod',
    '--severity',
    'major',
  );
  await ym.cy('incident', 'link', incident.id, deployment);
  change(shop, [
    ['shop-fixed.ts', 'shop.ts'],
    ['shop-fixed.test.ts', 'test/shop.test.ts'],
  ]);
  await push(shop, people.bo, 'fix: sold out products have no share');
  await tell(shop);
  const built = await runOf('shop', await head(shop));
  const release = await ym.bo('release', 'create', 'shop', '--run', built.id, '--type', 'hotfix');
  await approveWhenAsked(release, 'cy', 'the defect has a test now');
  await deployed(release, 'prod');
  await ym.cy('incident', 'resolve', incident.id);
  say(`shop@${release.version} runs in prod; the incident is closed`);
  shop.last = release;
}

/** The bundle is verified in another process that has no server, no token and no configuration. */
async function prove() {
  chapter('The proof: one file, verified offline by a process that knows nothing but a public key');
  const last = releases.at(-1);
  const bundle = join(folder, 'evidence.bundle.json');
  const trust = join(folder, 'trust.json');
  await ym.di('trust', '--out', trust);
  await ym.di('bundle', `${last.service}@${last.version}`, '--out', bundle);
  const alone = { PATH: process.env.PATH, HOME: folder, YARDMASTER_URL: 'http://127.0.0.1:9' };
  const { stdout } = await run(process.execPath, [join(root, 'bin/ym.mjs'), 'verify', bundle, '--trust', trust, '--json'], { env: alone });
  const verified = JSON.parse(stdout);
  if (verified.verified !== true) throw new Error('the bundle did not verify');
  say(`${verified.facts} facts, ${verified.checks.length} checks, all hold`);
  return bundle;
}

async function measure() {
  const dora = await ym.di('metrics');
  const key = ({ value, unit, events }) => ({ value, unit, events });
  return {
    deploymentFrequency: key(dora.deploymentFrequency),
    leadTimeForChanges: key(dora.leadTimeForChanges),
    changeFailureRate: key(dora.changeFailureRate),
    timeToRestore: key(dora.timeToRestore),
  };
}

function tellTheEnd(bundle, dora, rollback) {
  chapter('In numbers');
  for (const [name, { value, unit, events }] of Object.entries(dora)) say(`${name}: ${value} ${unit} (${events.length} events)`);
  say(`evidence: ${bundle}`);
  say(`recovered after ${rollback.summary.secondsToRecover.toFixed(1)} s; the whole story took ${seconds().toFixed(0)} s`);
}

/** Where to look, as whom, and how it ends. */
function tellHowToLookAround() {
  chapter('Everything goes on running: look around');
  say(`Open ${url}`);
  say(`Sign in as ${people.di.email}, password "${password}" (Di approves and releases; ${people.ada.email} is the admin,`);
  say(`${people.bo.email} builds, ${people.cy.email} approves; all with that password)`);
  say(`Or in another terminal: YARDMASTER_URL=${url} YARDMASTER_TOKEN=${people.di.token} node ${join(root, 'bin/ym.mjs')} status`);
  say(`Ctrl-C stops all of it; what it made stays in ${folder}`);
}

/** What a forge does after a push: a signed POST. */
async function tell({ hook, bare }) {
  const body = JSON.stringify({ repository: bare, at: new Date().toISOString() });
  const signature = createHmac('sha256', hook.secret).update(body).digest('hex');
  const response = await fetch(url + hook.path, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-delivery': `${Date.now()}-${Math.random()}`,
    },
  });
  if (response.status !== 202) throw new Error(`the webhook was answered ${response.status}: ${await response.text()}`);
}

async function head({ work }) {
  return (await run('git', ['-C', work, 'rev-parse', 'HEAD'])).stdout.trim();
}

/** The run of the newest push (or of a commit), ended well. */
async function runOf(service, commit) {
  const found = await until(
    `a run of ${service}`,
    async () => (await ym.bo('run', 'list', '--service', service, ...(commit === undefined ? [] : ['--commit', commit]))).items[0],
  );
  return ym.bo('run', 'wait', found.id);
}

/** The deployment of a release to an environment, once there is one. */
async function deploymentOf(release, environment) {
  return until(
    `a deployment of ${release.service}@${release.version} to ${environment}`,
    async () => (await ym.bo('deployment', 'list', '--release', release.id, '--env', environment)).items[0],
  );
}

/** Waits until a person is asked in front of prod. */
async function untilAsked(release) {
  const deployment = await deploymentOf(release, 'prod');
  await until(`${release.service}@${release.version} waiting for prod`, async () => {
    const seen = await ym.bo('deployment', 'show', deployment.id);
    if (['failed', 'cancelled'].includes(seen.state)) throw new Error(`${deployment.id} is ${seen.state}: ${seen.cause}`);
    return seen.state === 'waiting' || undefined;
  });
  return { name: `${release.service}@${release.version}`, deployment };
}

async function approveWhenAsked(release, who, reason) {
  const { name } = await untilAsked(release);
  await ym[who]('approve', name, '--env', 'prod', '--reason', reason);
}

/** Waits until a release runs in an environment, and keeps that for the summary. */
async function deployed(release, environment) {
  const deployment = await deploymentOf(release, environment);
  const ended = await ym.bo('deployment', 'wait', deployment.id, '--timeout', '90');
  if (ended.state !== 'succeeded')
    throw new Error(`${release.service}@${release.version} to ${environment} is ${ended.state}: ${ended.cause}`);
  releases.push({ service: release.service, version: release.version, environment, outcome: ended.state });
}

async function frontPort(service, environment) {
  const response = await fetch(`${url}/v1/environments/${environment}/services`, {
    headers: { authorization: `Bearer ${people.di.token}` },
  });
  return (await response.json()).items.find((one) => one.service === service).frontPort;
}

async function until(what, look) {
  const end = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(100);
  }
}

/** What a process said last; its log is JSON, one object a line. */
function lastLine(output) {
  return JSON.parse(output.trim().split('\n').at(-1)).msg;
}

/** Tells the story; then ends (`--exit`), or goes on until a signal. `--json` prints the summary as the last line of stdout. */
export async function demoMain() {
  try {
    await main();
    told = true;
    if (exit) {
      await endAll();
      if (!json) rmSync(folder, { recursive: true, force: true });
    } else {
      tellHowToLookAround();
      const name = await firstToEnd();
      if (!signalled) throw new Error(`the ${name} has ended`);
    }
  } catch (error) {
    // After a signal everything fails, and that is no news.
    if (signalled) return;
    process.stderr.write(
      `\nThe demo failed: ${error instanceof Error ? error.message : error}\nThe logs of its processes: ${join(folder, '*.log')}\n`,
    );
    await endAll();
    process.exitCode = 1;
  }
  // Also where something is still under way: a failure must not wait for customers who never stop.
  if (!signalled) process.exit();
}
