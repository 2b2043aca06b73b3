import type { Commit, Tag } from '../host/git.ts';
import type { Service } from '../catalog/service.ts';
import type { Tx } from '../platform/floor.ts';

/** What a commit came from, as the repository knows it. */
export type History = {
  /** Newest first, the commit itself first. */
  readonly commits: readonly Commit[];
  readonly tags: readonly Tag[];
  /** For a service in a folder: ids of the commits that touch it; null for a repository of one service. */
  readonly touching: ReadonlySet<string> | null;
  /** The policy file of the service at the commit (source null: larger than is read); null or absent: it has none. */
  readonly policy?: { readonly source: string | null } | null;
};

/** Who reads the repository of a service: asked once when a release is made. Throws a Problem where it can't be read. */
export type HistoryPort = { historyOf(tx: Tx, service: Service, commit: string): Promise<History> };
