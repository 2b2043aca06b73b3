import type { RegistryPort } from '../../artifacts/promotion/registry.port.ts';
import type { Floor } from '../../platform/floor.ts';
import { connectionOf } from '../connections/caller.http.ts';
import { listRows, rowByName } from '../connections/connection.store.ts';
import { noSuchConnection } from '../connections/connections.problems.ts';
import { openCredential } from '../connections/credential.system.ts';
import type { Format, RegistryAt } from './format.ts';
import { filesFormat } from './files/promote.http.ts';
import { npmFormat } from './npm/promote.http.ts';
import { ociFormat } from './oci/promote.http.ts';
import { badSettings } from './registries.problems.ts';

const formats: ReadonlyMap<string, Format> = new Map([ociFormat, npmFormat, filesFormat].map((one) => [one.vendor, one]));

/** Promotions into connected registries: each kind by its own format, with credentials opened for one promotion. */
export const registries: RegistryPort = {
  async place(tx, name, repository) {
    const row = await rowByName(tx, name);
    if (row === null) throw noSuchConnection({ name });
    const wrong = formatOf(row.vendor).wrong(repository);
    if (wrong !== null) throw badSettings({ why: wrong });
    return { id: row.id, name: row.name, vendor: row.vendor };
  },
  async location(floor, job) {
    const at = await openAt(floor, job.org, job.connectionId);
    return formatOf(at.connection.vendor).location(at, job);
  },
  async copy(floor, job, along, beforeTag) {
    const at = await openAt(floor, job.org, job.connectionId);
    return formatOf(at.connection.vendor).copy(at, job, along, beforeTag);
  },
};

function formatOf(vendor: string): Format {
  const format = formats.get(vendor);
  if (format === undefined) throw badSettings({ why: `${vendor} is no registry` });
  return format;
}

async function openAt(floor: Floor, org: string, id: string): Promise<RegistryAt> {
  const all = await openAll(floor, org);
  const own = all.find((one) => one.connection.id === id);
  if (own === undefined) throw noSuchConnection({ name: id });
  return { floor, ...own, others: all.filter((one) => one !== own) };
}

/** Every registry that is connected, with its credential opened. */
export function openAll(floor: Floor, org: string): Promise<Pick<RegistryAt, 'connection' | 'credential'>[]> {
  return floor.db.read(org, async (tx) => {
    const all = [];
    for (const row of await listRows(tx))
      if (formats.has(row.vendor)) all.push({ connection: connectionOf(row), credential: await openCredential(tx, row) });
    return all;
  });
}
