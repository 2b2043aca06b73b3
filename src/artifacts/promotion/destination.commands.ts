import { environmentByName } from '../../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { destinationRemoved, destinationSet } from '../artifacts.events.ts';
import { badDestination, noSuchDestination } from '../artifacts.problems.ts';
import { repositoryOf, type DestinationRow } from './promotion.ts';
import { destinationByName, endDestination, insertDestination } from './promotion.store.ts';
import type { RegistryPort } from './registry.port.ts';

export type WantedDestination = {
  readonly name: string;
  readonly connection: string;
  readonly repository: string;
  readonly environment: string | null;
  readonly tiers: readonly number[] | null;
};

/**
 * Says where artifacts are promoted to. One of the same name is replaced: what was promoted there keeps the old one, so
 * that its record stays true. The same said again changes nothing.
 */
export async function setDestination(tx: Tx, actor: Actor, registry: RegistryPort, wanted: WantedDestination): Promise<DestinationRow> {
  const { name, repository, tiers } = wanted;
  const unknown = /\{(?!service\}|artifact\})/.exec(repository);
  if (unknown !== null)
    throw badDestination({ why: `${repository.slice(unknown.index, unknown.index + 30)} is neither {service} nor {artifact}` });
  const place = await registry.place(tx, wanted.connection, repositoryOf(repository, { service: 'shop', artifact: 'app' }));
  const environment = wanted.environment === null ? null : await environmentByName(tx, wanted.environment);
  if (wanted.environment !== null && environment === null) throw notFound({ what: `environment ${wanted.environment}` });
  const environmentId = environment?.id ?? null;
  const sorted = tiers === null ? null : [...new Set(tiers)].sort();
  const before = await destinationByName(tx, name, true);
  const at = await tx.now();
  const row = {
    id: tx.floor.newId('pdn'),
    name,
    connectionId: place.id,
    connection: place.name,
    repository,
    environmentId,
    tiers: sorted,
    createdBy: actorLabel(actor),
    createdAt: at,
  };
  if (before !== null) {
    const same =
      before.connectionId === place.id &&
      before.repository === repository &&
      before.environmentId === environmentId &&
      JSON.stringify(before.tiers) === JSON.stringify(sorted);
    if (same) return before;
    await endDestination(tx, before.id, at);
  }
  await insertDestination(tx, row);
  const body = { name, connection: place.name, repository, environment: environmentId, tiers: sorted };
  await tx.record(destinationSet, { subject: row.id, actor, body });
  return { ...row, version: 1 };
}

/** Promotes nothing there any more. */
export async function removeDestination(tx: Tx, actor: Actor, name: string): Promise<void> {
  const row = await destinationByName(tx, name, true);
  if (row === null) throw noSuchDestination({ name });
  await endDestination(tx, row.id, await tx.now());
  await tx.record(destinationRemoved, { subject: row.id, actor, body: { name } });
}
