import type { ReadFrom, ReadRun } from '../../pipelines/read/read-run.ts';
import type { Floor, Tx } from '../../platform/floor.ts';

/** What CI servers are read into: the run model, which knows nothing of vendors. */
export type RunsPort = {
  keep(tx: Tx, service: string, from: ReadFrom, runs: readonly ReadRun[]): Promise<{ readonly kept: number; readonly changed: number }>;
  /** Runs of a place that have to be asked for one by one: those under way first, then those without jobs, newest first. */
  unfinished(tx: Tx, place: string, limit: number): Promise<readonly { readonly asked: string; readonly open: boolean }[]>;
  /** How many runs of the place are known with their jobs. */
  whole(tx: Tx, place: string): Promise<number>;
  gone(tx: Tx, place: string, asked: string, cause: string, now: string): Promise<void>;
  origin(tx: Tx, run: string): Promise<{ readonly place: string; readonly asked: string } | null>;
  job(
    tx: Tx,
    job: string,
  ): Promise<{
    readonly place: string;
    readonly asked: string;
    readonly seenJob: { readonly id: string; readonly log: boolean };
    readonly logged: boolean;
    readonly over: boolean;
  } | null>;
  keepLog(floor: Floor, org: string, job: string, bytes: Uint8Array): Promise<void>;
};

/** The services of the catalog, as far as CI servers need them. */
export type ServicesPort = {
  all(tx: Tx): Promise<readonly { readonly id: string; readonly name: string; readonly repository: string | null }[]>;
};

export type CiPorts = { readonly runs: RunsPort; readonly services: ServicesPort };
