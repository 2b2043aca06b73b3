import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { serve } from '@hono/node-server';
import type { StrategySpec } from '../catalog/environment.ts';
import { catalogResolvers } from '../catalog/catalog.queries.ts';
import { makeGate } from '../identity/gate.api.ts';
import type { Verdict } from '../kernel/decision.ts';
import { answer } from '../kernel/decision.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import type { Floor } from '../platform/floor.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { environmentById, serviceById } from '../catalog/catalog.queries.ts';
import { makeRegistration } from '../deployments/agents.commands.ts';
import { agentLogin } from '../deployments/agents.queries.ts';
import { deploymentsRoutes } from '../deployments/deployments.routes.ts';
import type { EnginePort } from '../deployments/engine.port.ts';
import { openDeployments } from '../deployments/deployments.queries.ts';
import { advance } from '../deployments/engine.work.ts';

export type Say = { verdict: Verdict; earliest?: string | null };
export type Asked = { readonly purpose: string; readonly record: boolean; readonly release: string };

/**
 * A may-ship that answers what a test says, in the shape of the real one, about the real release and catalog: these
 * tests are about the engine; the rules have their own.
 */
export function scripted(files: Map<string, string>): { port: EnginePort; say: Say; asked: Asked[] } {
  const say: Say = { verdict: 'allow' };
  const asked: Asked[] = [];
  const port: EnginePort = {
    async mayShip(tx, request) {
      asked.push({ purpose: request.purpose, record: request.record, release: request.releaseId });
      const release = await releaseById(tx, request.releaseId);
      const service = await serviceById(tx, release?.serviceId ?? '');
      const environment = await environmentById(tx, request.environmentId);
      if (release === null || service === null || environment === null) throw new Error('no such thing');
      const at = await tx.now();
      const verdict = request.purpose === 'rollback' ? 'allow' : say.verdict;
      const says = { code: `test.${verdict}`, text: `the test says ${verdict}.` };
      // A check that passed stands beside what denies, as it does in a gate.
      const beside = verdict === 'deny' ? [{ code: 'gates.passed', text: 'a check says yes.' }] : [];
      const rule = answer('calendar', verdict, [...beside, says], {
        earliest: say.earliest ?? null,
      });
      const configuration = request.asWas?.configuration ?? service.configuration[environment.name] ?? {};
      const run = request.asWas?.run ?? service.run;
      const digest = digestOfValue({ verdict, at });
      return {
        v: 1,
        verdict,
        rules: [rule],
        missing: [],
        earliest: say.earliest ?? null,
        notAfter: plus(at, 30_000),
        intent: digestOfValue({ digests: release.digests, configuration, run }),
        policy: { name: 'startup', version: 1, digest },
        at,
        inputs: {
          subject: digest,
          lifecycle: digest,
          gates: digest,
          'supply-chain': digest,
          approvals: digest,
          calendar: digest,
          readiness: digest,
          debt: digest,
        },
        digest,
        decision: request.record ? tx.floor.newId('dec') : null,
        release: release.id,
        serviceId: service.id,
        environmentId: environment.id,
        environment: environment.name,
        purpose: request.purpose === 'rollback' ? 'rollback' : 'deploy',
        meant: { digests: release.digests, configuration, run, plan: environment.strategy as never },
      };
    },
    async openArtifact(_floor, _org, digest) {
      const file = files.get(digest) ?? '';
      const size = (await readFile(file)).length;
      return { name: 'app', size, stream: Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array> };
    },
  };
  return { port, say, asked };
}

export type World = {
  readonly url: string;
  readonly environmentId: string;
  readonly serviceId: string;
  release(version: string, digest: Digest, failPercent?: number): Promise<string>;
  /** What the catalog says of the service from now on. */
  play(version: string, failPercent?: number): Promise<void>;
  registration(): Promise<string>;
  close(): Promise<void>;
};

let places = 0;

/** A service and an environment of their own, an HTTP server for agents, and a worker that moves deployments. */
export async function world(floor: Floor, port: EnginePort, strategy: StrategySpec, admin: Actor): Promise<World> {
  places += 1;
  const [team, serviceId, environmentId] = [floor.newId('tea'), floor.newId('svc'), floor.newId('env')];
  const run = {
    command: ['node', 'main.mjs'],
    portEnv: 'PORT',
    health: '/healthz',
    readyWithinMs: 10_000,
    env: {},
    smoke: { command: ['node', 'smoke.mjs'] },
  };
  await floor.db.tx(floor.org, async (tx) => {
    const now = await tx.now();
    await tx.write(`insert into team (id, org_id, name, created_at) values ($1, $2, $3, $4)`, [team, tx.org, `team${places}`, now]);
    await tx.write(
      `insert into environment (id, org_id, name, kind, after, protected, agent, strategy, created_at) values ($1, $2, $3, 'production', '[]', false, $4, $5, $6)`,
      [environmentId, tx.org, `prod${places}`, `agent${places}`, JSON.stringify(strategy), now],
    );
    await tx.write(
      `insert into service (id, org_id, name, team_id, tier, depends_on, policy, run, configuration, observe_only, created_at) values ($1, $2, $3, $4, 3, '[]', 'startup', $5, '{}', false, $6)`,
      [serviceId, tx.org, `shop${places}`, team, JSON.stringify(run), now],
    );
  });
  const gate = makeGate({ machines: [agentLogin], resolvers: catalogResolvers as never, servicesIn: async () => new Set() });
  const app = buildApp(deploymentsRoutes(port), { floor, gate, stopping: new AbortController().signal, observe: () => undefined });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false });
  await new Promise((ready) => server.once('listening', ready));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  let on = true;
  const worker = (async () => {
    while (on) {
      const open = (await floor.db.read(floor.org, (tx) => openDeployments(tx, serviceId, environmentId))).map((row) => row.id);
      for (const id of open) await advance(floor, port, floor.org, id);
      await new Promise((wake) => setTimeout(wake, 25));
    }
  })();
  // The service reads its version and its defect from here, so that one program plays all releases.
  const play = async (version: string, failPercent = 0): Promise<void> => {
    const env = JSON.stringify({ VERSION: version, FAIL: String(failPercent) });
    await floor.db.tx(floor.org, (tx) => tx.write(`update service set run = jsonb_set(run, '{env}', $2) where id = $1`, [serviceId, env]));
  };
  return {
    url,
    environmentId,
    serviceId,
    async release(version, digest, failPercent) {
      const id = floor.newId('rel');
      await floor.db.tx(floor.org, async (tx) => {
        await tx.write(
          `insert into release (id, org_id, service_id, version_name, type, state, commit_id, run_id, digests, change_id, plan, targets, schema_change, notes, created_at)
           values ($1, $2, $3, $4, 'standard', 'open', $5, 'run_1', $6, 'chg_1', 'manual', $7, '{"kind":"none","digest":null}', '', $8)`,
          [id, tx.org, serviceId, version, 'a'.repeat(40), [digest], [`prod${places}`], await tx.now()],
        );
      });
      await play(version, failPercent);
      return id;
    },
    play,
    registration: async () =>
      (await floor.db.tx(floor.org, (tx) => makeRegistration(tx, admin, { labels: [`agent${places}`], expiresInMs: 60_000 }))).registration,
    async close() {
      on = false;
      await worker;
      await new Promise((done) => {
        server.close(done);
        (server as unknown as { closeAllConnections(): void }).closeAllConnections();
      });
    },
  };
}
