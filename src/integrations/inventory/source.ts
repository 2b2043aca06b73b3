import type { Caller } from '../connections/vendor.ts';
import type { FoundAgent, FoundPipeline } from './found.ts';
import type { FoundEnvironment } from './inventory.ts';

export type SourceRepository = { readonly key: string; readonly name: string; readonly url: string | null; readonly branch: string | null };
export type SourceLook = {
  readonly files: readonly { readonly path: string; readonly source: string }[];
  /** null: could not be asked. */
  readonly environments: readonly FoundEnvironment[] | null;
  readonly branchProtected: boolean | null;
  /** Pipelines that a server tells of without handing out a file. */
  readonly pipelines?: readonly FoundPipeline[];
};

/** How the repositories of one vendor are looked at over its API. */
export type SourceReader = {
  /** It is a CI server: its jobs are put to the repositories that they build. */
  readonly server?: true;
  repositories(caller: Caller): AsyncGenerator<SourceRepository>;
  look(caller: Caller, repository: SourceRepository): Promise<SourceLook>;
  /** Machines that run jobs; null: may not be asked. */
  agents?(caller: Caller): Promise<readonly FoundAgent[] | null>;
};

/** Pipeline files of one repository that are read, and bytes of one of them. */
export const FILES_MOST = 100;
export const FILE_BYTES = 1024 * 1024;
