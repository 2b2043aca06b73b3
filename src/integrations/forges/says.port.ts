import type { Tx } from '../../platform/floor.ts';
import type { ReleaseWanted, StatusWanted } from './forge.ts';

/** What is to be shown beside a commit of a repository (its git address). */
export type Saying = { readonly repository: string; readonly commit: string; readonly wanted: StatusWanted };

/** Who knows what we say of a run or a release. Read as it is now, so that the last asked is the truth. */
export type SaysPort = {
  of(tx: Tx, about: { readonly run: string } | { readonly release: string }): Promise<readonly Saying[]>;
  /** The release at the forge for one of ours that is in production; null: it is not, or it is not wanted. */
  release(tx: Tx, release: string): Promise<({ readonly repository: string } & ReleaseWanted) | null>;
};
