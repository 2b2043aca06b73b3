import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeInstance, makeRepository, startRunner, type Instance } from '../bench/support/instance.ts';
import { HAS_REGISTRY, REGISTRY_PASSWORD, REGISTRY_USER, startRegistry, type Registry } from '../src/testing/docker-registry.ts';
import { repositoryAt, whole } from './outside/registry.ts';
import { randomOf, type Random } from './road/random.ts';

/**
 * Artifacts of a real run are promoted into a real registry (docker-registry), several at once and into the same
 * repositories, while the server is killed (SIGKILL) at moments of the seed; even seeds kill the registry too. Whoever looks
 * while the server is dead, and at the end, with nothing of ours in hand: a tag is never there before all that it leads to
 * and all that is said of it. At the end everything is promoted, told once in the ledger, and signed once.
 */
const PARTS = 6;
/** Some are asked for, and within one of these times the server is killed. */
const KILLS = 4;
const WITHIN_MS = [1500, 4000, 12_000];
const WAIT_MS = 180_000;
/** Each has: where it was built, its contents, how it is judged, that it was promoted. */
const SAID = [
  'application/vnd.cyclonedx+json',
  'https://in-toto.io/attestation/reference/v0.1',
  'https://slsa.dev/provenance/v1',
  'https://slsa.dev/verification_summary/v1',
  'urn:yardmaster:promotion:v1',
];

type Part = { readonly name: string; readonly digest: string };
type Yard = { readonly instance: Instance; readonly registry: Registry; readonly parts: readonly Part[] };
let yard: Yard | null = null;

export const campaign = {
  name: 'promotions',
  async run(seed: number): Promise<void> {
    if (!HAS_REGISTRY) {
      process.stdout.write('skipped: docker-registry is not installed\n');
      return;
    }
    const { instance, registry, parts } = (yard ??= await openYard());
    const random = randomOf(seed);
    const path = `seed-${seed}-${randomBytes(3).toString('hex')}`;
    const destinations = [0, 1, 2].map((at) => `${path}-${at}`);
    for (const name of destinations)
      await instance.call('PUT', `/v1/promotion-destinations/${name}`, {
        connection: 'shelf',
        repository: `acme/${name}`,
        environment: null,
        tiers: null,
      });
    // Each artifact goes to two of them.
    const places = [...parts, ...parts].map((part, at) => ({
      ...part,
      destination: destinations[(at + (at < parts.length ? 0 : 1)) % destinations.length] as string,
      tag: `${part.name}-1.0`,
    }));
    const asked: string[] = [];
    const look = (): Promise<number> => lookAt(registry, places);
    const seen: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const group = places.slice((kill * places.length) / KILLS, ((kill + 1) * places.length) / KILLS);
      asked.push(...(await Promise.all(group.map((place) => ask(instance, place)))));
      await sleep(random.pick(random.one(WITHIN_MS)));
      instance.server().child.kill('SIGKILL');
      seen.push(`${await look()} of ${asked.length}`);
      if (seed % 2 === 0) await outage(registry, random);
      await instance.startServer();
    }
    await settled(instance, asked, look);
    if ((await look()) !== places.length) throw new Error('a promoted artifact has no tag');
    await toldOnce(instance, asked);
    process.stdout.write(`  ${places.length} promoted; when the server was dead ${seen.join(', then ')} were there\n`);
  },
  async end(): Promise<void> {
    await yard?.instance.close();
    await yard?.registry.close();
    yard = null;
  },
};

async function openYard(): Promise<Yard> {
  const registry = await startRegistry('basic');
  const instance = await makeInstance({ YARDMASTER_EGRESS_ALLOW: '127.0.0.1' });
  const repository = join(instance.folder, 'repository');
  mkdirSync(repository);
  const names = Array.from({ length: PARTS }, (_, at) => `part${at}`);
  const lock = { name: 'parts', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'parts', version: '1.0.0' } } };
  await makeRepository(repository, {
    'package.json': JSON.stringify({ name: 'parts', version: '1.0.0' }),
    'package-lock.json': JSON.stringify(lock),
    '.yardmaster/pipeline.yaml': [
      'jobs:',
      '  build:',
      '    steps:',
      ...names.map((name) => `      - run: mkdir -p ${name} && head -c 3000000 /dev/urandom > ${name}/bytes`),
      `    artifacts: [${names.map((name) => `{name: ${name}, path: ${name}}`).join(', ')}]`,
      '',
    ].join('\n'),
  });
  const catalog = join(instance.folder, 'yardmaster.yaml');
  writeFileSync(catalog, `teams: {crew: {title: Crew}}\nservices:\n  parts: {team: crew, tier: 3, repository: file://${repository}}\n`);
  await instance.ym('apply', '--file', catalog, '--yes', '--json');
  await startRunner(instance, '--executor', 'host');
  const started = JSON.parse(await instance.ym('run', 'start', 'parts', '--json')) as { id: string };
  const ended = JSON.parse(await instance.ym('run', 'wait', started.id, '--json')) as { state: string; cause: string };
  if (ended.state !== 'succeeded') throw new Error(`the run is ${ended.state}: ${ended.cause}`);
  const credential = { user: REGISTRY_USER, password: REGISTRY_PASSWORD };
  await instance.call('POST', '/v1/connections', { name: 'shelf', vendor: 'oci', url: registry.url, settings: {}, credential });
  return { instance, registry, parts: await partsOf(instance, started.id) };
}

/** The artifacts of a run, once all are accepted. */
async function partsOf(instance: Instance, run: string): Promise<Part[]> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const { items } = await instance.call('GET', `/v1/artifacts?run=${run}`);
    const found = items as { name: string; digest: string }[];
    if (found.length === PARTS) return found.map(({ name, digest }) => ({ name, digest })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (performance.now() > until) throw new Error(`${found.length} of ${PARTS} artifacts are there`);
    await sleep(250);
  }
}

type Place = Part & { readonly destination: string; readonly tag: string };

async function ask(instance: Instance, { digest, destination, tag }: Place): Promise<string> {
  const { items } = await instance.call('POST', `/v1/artifacts/${digest}/promotions`, { destination, tag });
  const [row] = items as { id: string }[];
  if (row === undefined) throw new Error(`nothing was asked for ${tag}`);
  return row.id;
}

/** How many of the tags are there; throws where one is there and not all that it leads to. */
async function lookAt(registry: Registry, places: readonly Place[]): Promise<number> {
  let there = 0;
  for (const { digest, destination, tag } of places) {
    const found = await whole(repositoryAt(registry.url, REGISTRY_USER, REGISTRY_PASSWORD, `acme/${destination}`), tag);
    if (found === null) continue;
    there += 1;
    if (!found.layers.includes(digest)) throw new Error(`${destination}:${tag} does not lead to ${digest}`);
    if (JSON.stringify(found.kinds) !== JSON.stringify(SAID))
      throw new Error(`of ${destination}:${tag} is said: ${found.kinds.join(', ')}`);
  }
  return there;
}

async function outage(registry: Registry, random: Random): Promise<void> {
  await registry.kill();
  await sleep(random.pick(300));
  await registry.again();
}

type Row = { readonly id: string; readonly state: string; readonly reasons: readonly { text: string }[] };

async function settled(instance: Instance, asked: readonly string[], look: () => Promise<number>): Promise<void> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const { items } = await instance.call('GET', '/v1/promotions?limit=200');
    const rows = (items as Row[]).filter(({ id }) => asked.includes(id));
    const wrong = rows.find(({ state }) => state !== 'asked' && state !== 'promoted');
    if (wrong !== undefined) throw new Error(`${wrong.id} is ${wrong.state}: ${wrong.reasons.map(({ text }) => text).join(' ')}`);
    if (rows.length === asked.length && rows.every(({ state }) => state === 'promoted')) return;
    if (performance.now() > until) throw new Error(`not all are promoted: ${JSON.stringify(rows).slice(0, 2000)}`);
    await look();
    await sleep(500);
  }
}

/** Every promotion is told once. */
async function toldOnce(instance: Instance, asked: readonly string[]): Promise<void> {
  const told: string[] = [];
  for (let cursor: string | null = null; ;) {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await instance.call('GET', `/v1/facts?type=artifact.promoted&limit=200${more}`);
    for (const { body } of page['items'] as { body: { promotion: string } }[]) told.push(body.promotion);
    cursor = (page['next'] as string | null | undefined) ?? null;
    if (cursor === null) break;
  }
  for (const id of asked) {
    const times = told.filter((one) => one === id).length;
    if (times !== 1) throw new Error(`the ledger tells ${times} times that ${id} was promoted`);
  }
}
