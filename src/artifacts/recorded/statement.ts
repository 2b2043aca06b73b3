import { z } from 'zod';
import type { Reason } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Envelope, TrustedKey } from '../../kernel/dsse.ts';
import type { Told } from '../../kernel/told.ts';
import { builderPrefix } from '../provenance/provenance.ts';
import { makeStatement, openStatement, type Statement } from '../provenance/statement.ts';

/**
 * Our signed statement of what somebody told us of a build that we did not see. It is no provenance, and says so by its
 * type: it vouches for who told what, and for nothing that was told.
 */
export const RECORDED_PREDICATE = 'urn:yardmaster:recorded:v1';

const optional = z.string().nullable();
const recordedSchema = z.strictObject({
  attester: z.strictObject({ id: z.string() }),
  service: z.string(),
  source: z.strictObject({ repository: optional, ref: optional, commit: optional }),
  run: z.string(),
  job: z.string(),
  external: z.strictObject({ system: z.string(), id: z.string(), attempt: z.number().int(), url: optional }),
  /** How far the commit is known, as the server judged it. */
  trust: z.enum(['untrusted', 'trusted', 'protected']),
  told: z.strictObject({
    by: z.string(),
    via: z.enum(['session', 'token', 'workload', 'machine']),
    workload: z
      .strictObject({
        trust: z.string(),
        issuer: z.string(),
        subject: z.string(),
        repository: optional,
        repositoryId: optional,
        ref: optional,
        refProtected: z.boolean().nullable(),
        workflow: optional,
        environment: optional,
        runId: optional,
        sha: optional,
      })
      .nullable(),
  }),
});
export type RecordedStatement = z.infer<typeof recordedSchema>;

export type RecordedBuild = {
  readonly org: string;
  readonly service: string;
  readonly name: string;
  readonly digest: Digest;
  readonly repository: string | null;
  readonly ref: string | null;
  readonly commit: string | null;
  readonly run: string;
  readonly job: string;
  readonly trust: string;
  readonly recorded: {
    readonly told: Told;
    readonly system: string;
    readonly id: string;
    readonly attempt: number;
    readonly url: string | null;
  };
};

/** Writes down what was told of one build, by whom. */
export function writeRecorded(build: RecordedBuild): Statement<RecordedStatement> {
  const { system, id, attempt, url, told } = build.recorded;
  const trust = build.trust === 'protected' || build.trust === 'trusted' ? build.trust : 'untrusted';
  return makeStatement(build.name, build.digest, RECORDED_PREDICATE, {
    attester: { id: `${builderPrefix(build.org)}server` },
    service: build.service,
    source: { repository: build.repository, ref: build.ref, commit: build.commit },
    run: build.run,
    job: build.job,
    external: { system, id, attempt, url },
    trust,
    told: { by: told.by, via: told.via, workload: told.workload === null ? null : { ...told.workload } },
  });
}

/** What was told of the artifact `digest`, once our signature over it is good. */
export function openRecorded(
  envelope: Envelope,
  keys: readonly TrustedKey[],
  digest: Digest,
): { readonly ok: true; readonly statement: RecordedStatement } | { readonly ok: false; readonly reasons: readonly Reason[] } {
  const opened = openStatement(envelope, keys, RECORDED_PREDICATE, digest);
  if (!opened.ok) return opened;
  const statement = recordedSchema.safeParse(opened.predicate).data;
  if (statement === undefined)
    return { ok: false, reasons: [{ code: 'artifacts.recorded-form', text: 'it says something that we do not know how to judge' }] };
  return { ok: true, statement };
}
