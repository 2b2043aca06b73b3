import type { Caller } from '../connections/vendor.ts';
import type { FoundEnvironment } from './inventory.ts';

export type SourceRepository = { readonly key: string; readonly name: string; readonly url: string | null; readonly branch: string | null };
export type SourceLook = {
  readonly files: readonly { readonly path: string; readonly source: string }[];
  /** null: could not be asked. */
  readonly environments: readonly FoundEnvironment[] | null;
  readonly branchProtected: boolean | null;
};

/** How the repositories of one vendor are looked at over its API. */
export type SourceReader = {
  repositories(caller: Caller): AsyncGenerator<SourceRepository>;
  look(caller: Caller, repository: SourceRepository): Promise<SourceLook>;
};

/** Pipeline files of one repository that are read, and bytes of one of them. */
export const FILES_MOST = 100;
export const FILE_BYTES = 1024 * 1024;
