import { canonicalBytes } from '../../kernel/canonical.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { openEnvelope, sealEnvelope, type Signer, type TrustedKey } from '../../kernel/dsse.ts';
import { JOB_PLAN_TYPE, type Envelope, type JobPlan, type Trust } from '../../contract/runner.ts';
import type { RunContext } from '../definition/contexts.ts';
import type { PlannedJob } from '../definition/plan.ts';

/**
 * What a run planned for one job, signed when the run was made. The row carries nothing else that is executed, so
 * whoever edits the database can't change a step: the signature no longer verifies.
 */
export type SealedJob = {
  readonly v: 1;
  readonly org: string;
  readonly job: string;
  /** Service id; its name is in `run`. */
  readonly service: string;
  readonly run: RunContext;
  readonly source: JobPlan['source'];
  /** Digests of the repository's files that cache keys cover; null: not in the repository. */
  readonly files: Readonly<Record<string, string | null>>;
  readonly planned: PlannedJob;
};

export const SEALED_JOB_TYPE = 'application/vnd.yardmaster.planned-job.v1+json';

/** Signs a planned job into the text that its row holds. */
export function sealJob(job: SealedJob, signer: Signer): string {
  return JSON.stringify(sealEnvelope(SEALED_JOB_TYPE, canonicalBytes(job), signer));
}

/** What the row of a job must agree with: columns are there for queries, and decide nothing. */
export type JobColumns = {
  readonly id: string;
  readonly org_id: string;
  readonly run_id: string;
  readonly service_id: string;
  readonly name: string;
  readonly declared: string;
  readonly trust: Trust;
  readonly pool: string;
};

export type OpenedJob = { readonly ok: true; readonly sealed: SealedJob } | { readonly ok: false; readonly why: string };

/** Opens the sealed text of a row, once its signature verifies and it is this row's. */
export function openJob(text: string, row: JobColumns, keys: readonly TrustedKey[]): OpenedJob {
  let envelope: Envelope;
  try {
    envelope = JSON.parse(text) as Envelope;
  } catch {
    return { ok: false, why: 'the stored plan is not JSON' };
  }
  const opened = openEnvelope(envelope, SEALED_JOB_TYPE, keys);
  if (!opened.ok) return { ok: false, why: `the stored plan was changed: ${opened.why}` };
  const sealed = JSON.parse(Buffer.from(opened.payload).toString('utf8')) as SealedJob;
  const agrees =
    sealed.job === row.id &&
    sealed.org === row.org_id &&
    sealed.run.id === row.run_id &&
    sealed.service === row.service_id &&
    sealed.run.trust === row.trust &&
    sealed.planned.pool === row.pool &&
    sealed.planned.key === row.name &&
    sealed.planned.job === row.declared;
  return agrees ? { ok: true, sealed } : { ok: false, why: 'the stored plan is of another job than its row says' };
}

/** Signs the plan of one attempt for its runner; the digest is over the signed bytes. */
export function sealPlan(plan: JobPlan, signer: Signer): { readonly envelope: Envelope; readonly digest: Digest } {
  const bytes = canonicalBytes(plan);
  const envelope = sealEnvelope(JOB_PLAN_TYPE, bytes, signer);
  return { envelope: { ...envelope, signatures: [...envelope.signatures] }, digest: digestOf(bytes) };
}
