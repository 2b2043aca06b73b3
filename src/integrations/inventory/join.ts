import { sameRepository } from '../ci/repository.ts';
import { unread, type FoundPipeline } from './found.ts';
import type { FoundRepository } from './inventory.ts';

/** A row of an inventory; `server`: a job of a CI server and no repository. */
export type Row = FoundRepository & { readonly server: boolean };

/**
 * Jobs of CI servers put to the repository that they build, so that it is judged once and by everything that is known of it.
 * A multibranch job runs the file that was read there: it says when that ran. A job whose repository is not known, or that no
 * forge told of, stands for itself; several of one repository stand together.
 */
export function joined(rows: readonly Row[]): FoundRepository[] {
  const bases = new Map<string, FoundRepository>();
  const all: (FoundRepository | string)[] = [];
  const repositories = rows.filter(({ server }) => !server);
  const jobs = rows.filter(({ server }) => server);
  for (const { server, ...row } of [...repositories, ...jobs]) {
    const key = sameRepository(row.url);
    const base = key === null ? undefined : bases.get(key);
    if (key !== null && server && base !== undefined) bases.set(key, withJob(base, row));
    else if (key !== null && base === undefined) {
      bases.set(key, row);
      all.push(key);
    } else all.push(row);
  }
  return all.flatMap((one) => (typeof one === 'string' ? (bases.get(one) ?? []) : [one]));
}

function withJob(base: FoundRepository, job: FoundRepository): FoundRepository {
  const found = job.fault === null ? job.pipelines : [unread('jenkins', job.name, job.fault)];
  return { ...base, pipelines: found.reduce(withPipeline, base.pipelines) };
}

function withPipeline(pipelines: readonly FoundPipeline[], found: FoundPipeline): readonly FoundPipeline[] {
  const { live } = found;
  const files = pipelines.filter((one) => one.system === found.system && one.live === undefined && one.fault === null);
  const [file] = files;
  if (live?.kind !== 'multibranch' || live.disabled === true || file === undefined || files.length > 1) return [...pipelines, found];
  return pipelines.map((one) => (one === file ? { ...one, live } : one));
}
