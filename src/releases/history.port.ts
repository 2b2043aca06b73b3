import type { Service } from '../catalog/service.ts';
import type { At } from '../artifacts/versions/repository.ts';
import type { Tx } from '../platform/floor.ts';

/** What a commit came from, as the repository knows it. */
export type History = At & {
  /** The policy file of the service at the commit (source null: larger than is read); null or absent: it has none. */
  readonly policy?: { readonly source: string | null } | null;
};

/**
 * Who reads the repository of a service: asked when a release is made, or would be. `branch`: that of the run that built
 * it, where it is known. Throws a Problem where the repository can't be read.
 */
export type HistoryPort = { historyOf(tx: Tx, service: Service, commit: string, branch: string | null): Promise<History> };
