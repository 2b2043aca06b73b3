import { streamOf } from '../../host/stream.system.ts';
import {
  appendLog,
  claimJob,
  findCache,
  finishJob,
  getJobBlob,
  heartbeatJob,
  putJobBlob,
  registerRunner,
  saveCache,
  stepChanged,
} from '../../contract/runner.ts';
import { createRegistration, listRunners, revokeRunner } from '../../contract/pipelines.ts';
import type { Actor } from '../../kernel/actor.ts';
import { versionOfClient } from '../../kernel/client-version.ts';
import type { Digest } from '../../kernel/digest.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { appendLog as append } from '../logs/log-writer.commands.ts';
import * as blobs from './blob.commands.ts';
import * as claims from './claim.commands.ts';
import { finishAttempt, type FinishPorts } from './finish.commands.ts';
import * as leases from './lease.commands.ts';
import * as registration from './register.commands.ts';
import { allRunners } from './runner.store.ts';

export type RunnerParts = claims.ClaimParts & FinishPorts;

const holderOf = (actor: Actor, params: { job: string; attempt: number }, token: number): leases.Holder => ({
  runner: actor.id,
  job: params.job,
  attempt: params.attempt,
  token,
});

/** What runners say to the server, and what admins say about runners. */
export function runnerRoutes(parts: RunnerParts): readonly Mounted[] {
  return [...machineRoutes(), ...jobRoutes(parts), ...byteRoutes()];
}

function machineRoutes(): readonly Mounted[] {
  return [
    mount(registerRunner, async ({ floor, body }) => registration.registerRunner(floor, body.registration, body.name)),
    mount(createRegistration, async ({ floor, actor, body }) =>
      floor.db.tx(actor.org, (tx) => registration.createRegistration(tx, actor, body)),
    ),
    mount(listRunners, async ({ tx }) => ({
      items: (await allRunners(tx)).map((row) => ({
        id: row.id,
        name: row.name,
        pool: row.pool,
        trust: row.trust,
        seenAt: row.seen_at,
        revoked: row.revoked_at !== null,
        version: row.client_version,
        executors: row.executors ?? [],
        isolation: row.isolation,
        doing: row.doing,
      })),
    })),
    mount(revokeRunner, async ({ tx, actor, params }) => {
      await registration.revokeRunner(tx, actor, params.runner);
      return { runner: params.runner };
    }),
  ];
}

function jobRoutes(parts: RunnerParts): readonly Mounted[] {
  return [
    mount(claimJob, async ({ floor, actor, body, signal, headers }) => {
      await registration.runnerSeen(floor, actor, { version: versionOfClient(headers.get('user-agent')), executors: body.executors });
      const job = await claims.claimJob(floor, actor, body, parts, signal);
      return { job: job === null ? null : { plan: job.plan, lease: job.lease, secrets: { ...job.secrets } } };
    }),
    mount(heartbeatJob, async ({ tx, actor, params, body }) => leases.heartbeat(tx, actor, holderOf(actor, params, body.token))),
    mount(stepChanged, async ({ tx, actor, params, body }) => {
      const { token, step, ...change } = body;
      return leases.stepChanged(tx, actor, holderOf(actor, params, token), { ...change, position: step });
    }),
    mount(appendLog, async ({ floor, actor, params, body }) =>
      append(floor, actor, holderOf(actor, params, body.token), body.offset, body.text),
    ),
    mount(finishJob, async ({ tx, actor, params, body }) => {
      const { token, ...finish } = body;
      return finishAttempt(tx, actor, holderOf(actor, params, token), finish, parts);
    }),
  ];
}

function byteRoutes(): readonly Mounted[] {
  return [
    mount(putJobBlob, async ({ floor, actor, params, query, body }) =>
      blobs.putBlob(
        floor,
        actor,
        holderOf(actor, params, query.token),
        params.digest as Digest,
        body as unknown as AsyncIterable<Uint8Array>,
      ),
    ),
    mount(getJobBlob, async ({ floor, actor, params, query }) => {
      const bytes = await blobs.openBlob(floor, actor, holderOf(actor, params, query.token), params.digest as Digest);
      return { stream: streamOf(bytes), fileName: `${params.digest.slice(7, 19)}.bin` };
    }),
    mount(findCache, async ({ tx, actor, params, body }) => ({
      entry: await blobs.findJobCache(tx, holderOf(actor, params, body.token), body.key, body.restoreKeys),
    })),
    mount(saveCache, async ({ tx, actor, params, body }) =>
      blobs.saveJobCache(tx, actor, holderOf(actor, params, body.token), body.key, body.digest),
    ),
  ];
}
