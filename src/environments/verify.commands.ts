import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { nothingRuns, otherReleaseRuns, personNeeded } from './environments.problems.ts';
import { lockRunning } from './running.store.ts';
import { recordVerification } from './verification.api.ts';
import type { CheckVerdict, Verification } from './verification.ts';

/**
 * A person says that what runs is right (or not). It is about the release that runs at this instant, under the lock that
 * a deployment would need to replace it, so nobody verifies what he did not see.
 */
export async function verifyAsPerson(
  tx: Tx,
  actor: Actor,
  input: {
    readonly service: Service;
    readonly environment: Environment;
    readonly verdict: CheckVerdict;
    readonly note: string | null;
    readonly release: string | null;
  },
): Promise<Verification> {
  if (actor.kind !== 'person') throw personNeeded({});
  const { service, environment, release } = input;
  const running = await lockRunning(tx, service.id, environment.id);
  if (running === null) throw nothingRuns({ service: service.name, environment: environment.name });
  if (release !== null && release !== running.releaseId)
    throw otherReleaseRuns({ asked: release, running: running.releaseId, version: running.version });
  return recordVerification(tx, actor, {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId: running.releaseId,
    deploymentId: running.deploymentId,
    check: 'person',
    verdict: input.verdict,
    note: input.note,
  });
}
