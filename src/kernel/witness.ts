import type { Actor } from './actor.ts';

/**
 * What a verified workload token says of the job that holds it: the claims of GitHub Actions, GitLab and others in one
 * set of words. Null: the issuer says nothing of it. Nothing in it is of our own making but the name of the trust.
 */
export type Witness = {
  /** By which trust of ours it came in. */
  readonly trust: string;
  readonly issuer: string;
  readonly subject: string;
  /** `owner/name` or `group/project`, as the issuer writes it. */
  readonly repository: string | null;
  /** What stays when a repository is renamed, or its name taken by somebody else. */
  readonly repositoryId: string | null;
  /** The whole ref: `refs/heads/main`. */
  readonly ref: string | null;
  readonly refProtected: boolean | null;
  /** The file that defines the job, with the ref it was taken from. */
  readonly workflow: string | null;
  readonly environment: string | null;
  readonly runId: string | null;
  readonly sha: string | null;
};

/** The workload behind an actor; null where it is a person, a machine of ours, or came with a token of its own. */
export function witnessOf(actor: Actor): Witness | null {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return null;
  return actor.credential.kind === 'token' ? (actor.credential.witness ?? null) : null;
}
