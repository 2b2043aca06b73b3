import type { Digest } from '../../../kernel/digest.ts';
import type { Floor } from '../../../platform/floor.ts';
import type { RegistryAt } from '../format.ts';
import { badSettings, notThere } from '../registries.problems.ts';
import type { Manifest } from './manifest.ts';
import { parseReference } from './names.ts';
import { ociRepository, type OciRepository } from './repository.http.ts';

type Opened = Pick<RegistryAt, 'connection' | 'credential'>;
/** The connected registries of an organisation, opened. */
export type Registries = { readonly floor: Floor; readonly all: readonly Opened[] };

/** The registry that is promoted to, and the others. */
export function allOf({ floor, others, ...own }: RegistryAt): Registries {
  return { floor, all: [own, ...others] };
}

/** A repository of a connected registry, for `pull` or `pull,push`; `from`: what is mounted from. */
export function repositoryAt(
  { floor, connection, credential }: Omit<RegistryAt, 'others'>,
  name: string,
  may: 'pull' | 'pull,push',
  from: readonly string[] = [],
): OciRepository {
  const { user = null, password = null } = credential as { user?: string; password?: string };
  const at = { egress: floor.egress, url: connection.url, user, password, tokenService: connection.settings['tokenService'] ?? null };
  return ociRepository(at, name, may, from);
}

/**
 * The registry where an image lies, which must be a connected one: its reference was told by whoever recorded it, and
 * what somebody told is never called by itself.
 */
export async function sourceAt(
  { floor, all }: Registries,
  artifact: { readonly digest: Digest; readonly reference: string | null },
): Promise<{ source: OciRepository; manifest: Manifest }> {
  const reference = artifact.reference === null ? null : parseReference(artifact.reference);
  if (reference === null)
    throw badSettings({ why: `its bytes are not here, and "${(artifact.reference ?? '').slice(0, 200)}" says not where they are` });
  const holder = all.find(({ connection }) => connection.vendor === 'oci' && new URL(connection.url).host === reference.host);
  if (holder === undefined) throw badSettings({ why: `it lies at ${reference.host}, and no OCI registry of that host is connected` });
  const source = repositoryAt({ floor, ...holder }, reference.repository, 'pull');
  const manifest = await source.manifest(artifact.digest);
  if (manifest === null) throw notThere({ host: reference.host, what: `manifest ${artifact.digest} in ${reference.repository}` });
  return { source, manifest };
}
