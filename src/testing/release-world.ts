import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { acceptArtifact } from '../artifacts/accept.api.ts';
import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import { environmentByName, serviceByName } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import type { Role } from '../contract/actions.ts';
import { changePolicy } from '../gates/policy.commands.ts';
import { policyOf } from '../gates/gates.queries.ts';
import type { PolicyDocument } from '../gates/policy/document.ts';
import { LOOSE } from '../gates/policy/preset-checks.ts';
import { readCommits } from '../host/git.run.ts';
import { insertBinding, insertBot, insertEmail, insertPerson, setDelegateOf } from '../identity/identity.store.ts';
import type { Actor } from '../kernel/actor.ts';
import { system } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { insertRun, lockRun, moveRun } from '../pipelines/engine/run.store.ts';
import { mirrorOf, refresh } from '../pipelines/sources/mirror.commands.ts';
import { ensureSource, insertCommits } from '../pipelines/sources/source.store.ts';
import type { Floor, Tx } from '../platform/floor.ts';

type Person = Extract<Actor, { kind: 'person' }>;
type Bot = Extract<Actor, { kind: 'bot' }>;
type EnvironmentRules = PolicyDocument['tiers']['1']['production'];

/** Everybody of the story; all hold the role approver, so that only segregation tells them apart. */
const PEOPLE = ['root', 'ann', 'cora', 'coco', 'rita', 'beth', 'bill', 'mona'] as const;
export type Who = (typeof PEOPLE)[number];

export type World = {
  readonly floor: Floor;
  readonly people: Readonly<Record<Who, Person>>;
  /** A bot of ann's, who is the author. */
  readonly bot: Bot;
  readonly shop: Service;
  readonly dev: Environment;
  readonly prod: Environment;
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Changes the repository, as ann with cora's commit and coco's help, and answers the commit. */
  commit(subject: string, more?: Readonly<Record<string, string>>): Promise<string>;
  /** A run of the commit that succeeded and yielded an artifact; answers its id. */
  build(commit: string, service?: Service): Promise<string>;
  apply(change?: Partial<Parts>): Promise<void>;
  policy(production: Partial<EnvironmentRules>, staging?: Partial<EnvironmentRules>): Promise<void>;
  clock(ms: number): Promise<void>;
  facts(type: string): Promise<{ subject: string; actor: string; body: Record<string, unknown> }[]>;
};

type Parts = { readonly level: string; readonly otherLevel: string; readonly strategy: string };

const lax: EnvironmentRules = { ...LOOSE, supplyChain: { sbom: false, provenance: false } };
const strict: EnvironmentRules = { ...lax, lifecycle: { verifiedBefore: false, soak: '0s' }, approval: 'one' };

/** A small organisation with a real repository, real builds and one person for each way to be excluded. */
export async function releaseWorld(floor: Floor): Promise<World> {
  const { org } = floor;
  const tx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => floor.db.tx(org, work);
  const people = await tx((t) => peopleOf(t));
  const bot = await tx((t) => botOf(t, people.ann));
  const repository = mkdtempSync(join(tmpdir(), 'ym-repo-'));
  const url = `file://${repository}`;
  git(repository, 'ann', ['init', '-q', '-b', 'main']);
  let parts: Parts = { level: '1', otherLevel: '1', strategy: 'all-at-once' };
  const apply = async (change: Partial<Parts> = {}): Promise<void> => {
    parts = { ...parts, ...change };
    const file = { text: catalogOf(url, parts), file: 'yardmaster.yaml', prune: false };
    await tx(async (t) => applyCatalogFile(t, people.root, { ...file, plan: (await planCatalogFile(t, file)).plan.digest }));
  };
  const policy: World['policy'] = async (production, staging = {}) => {
    const source = JSON.stringify(policyDocument({ ...strict, ...production }, { ...lax, ...staging }));
    await tx(async (t) => changePolicy(t, people.root, { name: 'regulated', source, version: (await policyOf(t, 'regulated')).version }));
  };
  await apply();
  await policy({});
  const found = await tx(
    async (t) => [await serviceByName(t, 'shop'), await environmentByName(t, 'dev'), await environmentByName(t, 'prod')] as const,
  );
  const [shop, dev, prod] = found;
  if (shop === null || dev === null || prod === null) throw new Error('the catalog was not applied');
  let files = 0;
  return {
    floor,
    people,
    bot,
    shop,
    dev,
    prod,
    tx,
    apply,
    policy,
    commit: async (subject, more = {}) => {
      writeFileSync(join(repository, `file-${(files += 1)}`), subject);
      for (const [file, text] of Object.entries(more)) {
        mkdirSync(dirname(join(repository, file)), { recursive: true });
        writeFileSync(join(repository, file), text);
      }
      git(repository, 'ann', ['add', '.']);
      git(repository, 'ann', ['commit', '-qm', `${subject}\n\nCo-authored-by: Coco <coco@example.org>`]);
      const commit = git(repository, 'ann', ['rev-parse', 'HEAD']).trim();
      await watch(floor, tx, url);
      return commit;
    },
    build: (commit, service = shop) => build(floor, tx, service, url, commit),
    clock: async (ms) => {
      await tx((t) => t.query('insert into clock_offset (offset_ms) values ($1)', [ms]));
    },
    facts: (type) => tx((t) => t.query(`select subject, actor, body from fact where type = $1 order by id`, [type])),
  };
}

async function peopleOf(tx: Tx): Promise<World['people']> {
  const at = await tx.now();
  const { newId, org } = tx.floor;
  const made: Record<string, Person> = {};
  for (const name of PEOPLE) {
    const id = newId('per');
    await insertPerson(tx, { id, org, name, at });
    await insertEmail(tx, org, id, `${name}@example.org`, at);
    const roles: Role[] = name === 'mona' ? ['approver', 'release-manager'] : ['approver'];
    for (const role of roles)
      await insertBinding(tx, { id: newId('rol'), org, holder: id, role, team: null, service: null, environment: null, by: 'test', at });
    made[name] = { kind: 'person', id, org, credential: { kind: 'session', id: `ses_${name}`, authenticatedAt: at } };
  }
  return made as World['people'];
}

async function botOf(tx: Tx, owner: Person): Promise<Bot> {
  const id = tx.floor.newId('bot');
  await insertBot(tx, { id, org: tx.org, name: 'helper', owner: owner.id, at: await tx.now() });
  return { kind: 'bot', id, org: tx.org, owner: owner.id, credential: { kind: 'token', id: 'tok_b', actions: null, services: null } };
}

/** Lets `to` vote in `from`'s place. */
export async function delegate(world: World, from: Who, to: Who | null): Promise<void> {
  await world.tx((tx) => setDelegateOf(tx, world.people[from].id, to === null ? null : world.people[to].id));
}

function catalogOf(url: string, { level, otherLevel, strategy }: Parts): string {
  return `
teams: {web: {title: Web, members: [ann@example.org]}}
environments:
  dev: {kind: development, agent: a}
  prod: {kind: production, agent: a, after: [dev], strategy: ${strategy}}
services:
  shop: {team: web, tier: 1, policy: regulated, repository: {url: "${url}", branch: main}, configuration: {prod: {LEVEL: "${level}"}}}
  other: {team: web, tier: 1, policy: regulated, configuration: {prod: {LEVEL: "${otherLevel}"}}}
`;
}

function policyDocument(production: EnvironmentRules, staging: EnvironmentRules): PolicyDocument {
  const exclude = ['author', 'committer', 'co-author', 'requester', 'config-changer', 'policy-changer'] as const;
  const route = { exclude: [...exclude], unmapped: 'unknown' as const, expiresAfter: '1h', onePersonOneRole: true };
  const kinds = { development: lax, test: lax, staging, production };
  return {
    name: 'regulated',
    title: 'For tests',
    checks: {},
    approvals: {
      one: { ...route, steps: [{ role: 'approver', count: 1 }] },
      two: {
        ...route,
        steps: [
          { role: 'approver', count: 1 },
          { role: 'release-manager', count: 1 },
        ],
      },
    },
    tiers: { 1: kinds, 2: kinds, 3: kinds },
  };
}

function git(dir: string, author: Who, args: readonly string[]): string {
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author}@example.org`,
    GIT_COMMITTER_NAME: 'cora',
    GIT_COMMITTER_EMAIL: 'cora@example.org',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  return execFileSync('git', ['-C', dir, ...args], { env, encoding: 'utf8' });
}

/** What the watcher of repositories does at a push. */
async function watch(floor: Floor, tx: World['tx'], url: string): Promise<void> {
  const source = await tx((t) => ensureSource(t, url));
  await refresh(floor, floor.org, source.id, url);
  const commits = await readCommits(mirrorOf(floor, source.id), { all: true, limit: 1000 });
  await tx((t) => insertCommits(t, source.id, commits));
}

async function build(floor: Floor, tx: World['tx'], service: Service, url: string, commit: string): Promise<string> {
  const { digest, size } = await floor.blobs.put(`built from ${commit} for ${service.name}`);
  const run = floor.newId('run');
  const actor = system(floor.org, 'test');
  await tx(async (t) => {
    const now = await t.now();
    await insertRun(t, {
      id: run,
      service_id: service.id,
      source_id: null,
      repository: url,
      ref: 'refs/heads/main',
      commit_id: commit,
      archive: null,
      trigger: 'push',
      trust: 'protected',
      inputs: {},
      pipeline_digest: null,
      requested_by: 'system:test',
      requested_person: null,
      request_key: null,
      heard_at: now,
      queued_at: now,
    });
    const made = {
      run,
      job: floor.newId('job'),
      attempt: 1,
      service: service.id,
      commit,
      repository: url,
      ref: 'refs/heads/main',
      trust: 'protected',
    };
    const how = {
      executor: 'sandbox' as const,
      isolation: [],
      startedAt: now,
      finishedAt: now,
      planDigest: digestOf('plan'),
      materials: [],
      inputs: [],
    };
    await acceptArtifact(t, { ...made, ...how, name: 'app', digest, size, actor });
    for (const state of ['running', 'succeeded'] as const) {
      const row = await lockRun(t, run);
      if (row !== null) await moveRun(t, row, state, { finished_at: now });
    }
  });
  return run;
}
