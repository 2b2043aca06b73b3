import { allServices } from '../../catalog/catalog.queries.ts';
import type { Environment } from '../../catalog/environment.ts';
import { runningIn } from '../../environments/environments.queries.ts';
import type { Running } from '../../environments/running.ts';
import type { Tx } from '../../platform/floor.ts';
import { differenceOf, differs, settingsOf, type ServiceDifference, type Side } from './difference.ts';

/** What differs between two environments, for one service (by name) or for every one that may be seen. */
export async function difference(
  tx: Tx,
  environments: { readonly left: Environment; readonly right: Environment },
  service: string | null,
  visible: 'all' | ReadonlySet<string>,
) {
  const { left, right } = environments;
  const [onLeft, onRight] = [await sidesIn(tx, left.id), await sidesIn(tx, right.id)];
  const seen = (await allServices(tx)).filter(
    (one) => (visible === 'all' || visible.has(one.id)) && (service === null || one.name === service),
  );
  const found = seen.map((one) =>
    differenceOf(one, environments, { left: onLeft.get(one.id) ?? null, right: onRight.get(one.id) ?? null }),
  );
  // One that was asked for by name is shown also where nothing differs.
  const shown = service === null ? found.filter(differs) : found;
  return {
    left: left.name,
    right: right.name,
    settings: settingsOf(left, right),
    services: shown.map(onWire),
    alike: found.length - shown.length,
  };
}

async function sidesIn(tx: Tx, environmentId: string): Promise<Map<string, Side>> {
  const sideOf = ({ version, releaseId, artifactDigests, configurationDigest }: Running): Side => ({
    version,
    release: releaseId,
    digests: artifactDigests,
    configurationDigest,
  });
  return new Map((await runningIn(tx, environmentId)).map((one) => [one.serviceId, sideOf(one)]));
}

function onWire(of: ServiceDifference) {
  return { ...of, configuration: of.configuration.map((pair) => ({ ...pair })) };
}
