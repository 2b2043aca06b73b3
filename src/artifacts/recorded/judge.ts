import type { Missing, Read, Reason, Verdict } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Envelope, TrustedKey } from '../../kernel/dsse.ts';
import { isRepositoryOf, toldWords } from '../../kernel/told.ts';
import { readForeign, signerOf, speaksOf, type RecorderKey } from './foreign.ts';
import { openRecorded, type RecordedStatement } from './statement.ts';

/**
 * What a policy asks of a build that a foreign CI did and told: that it was told at all with a token that may, that the
 * teller is a verified workload of the service's repository, or that a registered key signed provenance of it.
 */
export const RECORDED_LEVELS = ['token', 'identity', 'attestation'] as const;
export type RecordedLevel = (typeof RECORDED_LEVELS)[number];

export type RecordedInput = {
  readonly digest: Digest;
  readonly service: { readonly id: string; readonly name: string };
  /** Our statement of what was told; null: not written yet, or its bytes are gone. */
  readonly statement: { readonly id: string; readonly envelopeDigest: Digest; readonly envelope: Envelope | null } | null;
  /** Signed statements of others about these bytes; an envelope that can't be read is null. */
  readonly attested: readonly { readonly id: string; readonly envelopeDigest: Digest; readonly envelope: Envelope | null }[];
  readonly keys: readonly TrustedKey[];
  readonly recorderKeys: readonly RecorderKey[];
  readonly expectedSource: string | null;
};

export type RecordedAnswer = {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly read: readonly Read[];
  readonly missing: readonly Missing[];
};

const WHO = ['whoever keeps the CI of this service'];

/**
 * Judges a recorded build: never by provenance of our own, which there is none of, but by who told it and who signed
 * for it. An attestation that is missing may still come, and is waited for; one that speaks of another commit denies.
 */
export function judgeRecorded(input: RecordedInput, level: RecordedLevel): RecordedAnswer {
  const { statement } = input;
  const read = [
    ...(statement === null ? [] : [{ kind: 'attestation', id: statement.id, digest: statement.envelopeDigest }]),
    ...input.attested.map(({ id, envelopeDigest }) => ({ kind: 'attestation', id, digest: envelopeDigest })),
  ];
  const say = (verdict: Verdict, code: string, text: string, missing: readonly Missing[] = []): RecordedAnswer => ({
    verdict,
    reasons: [{ code: `artifacts.${code}`, text }],
    read,
    missing,
  });
  if (statement === null || statement.envelope === null)
    return say('unknown', 'not-signed-yet', 'what was told of it is not written down and signed yet', [
      { what: 'the statement of who told it', who: ['the server, which writes and signs it'] },
    ]);
  const opened = openRecorded(statement.envelope, input.keys, input.digest);
  if (!opened.ok)
    return { ...say('deny', 'recorded', ''), reasons: opened.reasons.map(({ code, text }) => ({ code, text: `what was told: ${text}` })) };
  const told = opened.statement;
  if (told.service !== input.service.id) return say('deny', 'service', `it is an artifact of ${told.service}, not of ${input.service.id}`);
  if (told.trust === 'untrusted')
    return say('deny', 'untrusted', 'it was recorded from a commit of which nothing says that it is on a branch of the repository');
  if (input.expectedSource !== null && told.source.repository !== input.expectedSource)
    return say('deny', 'source', `it was told to be of ${told.source.repository ?? 'no repository'}, not of ${input.expectedSource}`);
  const proof = attestedBy(input, told);
  if (proof.wrong !== null) return say('deny', 'attestation-contradicts', proof.wrong);
  const known = `recorded: ${toldWords(told.told)} told it of ${told.external.system} ${told.external.id}`;
  const claims = 'Yardmaster did not build it and claims no provenance for it';
  if (proof.by !== null) return say('allow', 'recorded-attested', `${known}; ${proof.by}. ${claims}`);
  if (level === 'attestation')
    return say('unknown', 'recorded-unattested', `${known}; the policy asks for provenance signed by a registered key, and there is none`, [
      { what: 'provenance signed by a registered key: ym record attestation FILE', who: WHO },
    ]);
  if (level === 'token' || isWitnessed(told, input.expectedSource)) return say('allow', 'recorded', `${known}. ${claims}`);
  return say(
    'unknown',
    'recorded-by-token',
    `${known}; the policy asks for a workload identity of the service's repository, or for signed provenance`,
    [{ what: 'a build told with a workload identity, or its provenance: ym record attestation FILE', who: WHO }],
  );
}

/** Told by a verified workload of the very repository, at the very commit. */
function isWitnessed({ told, source }: RecordedStatement, expected: string | null): boolean {
  const { workload } = told;
  return workload !== null && expected !== null && isRepositoryOf(workload, expected) && workload.sha === source.commit;
}

/** Provenance that a registered key signed: by whom in words, or what it contradicts. */
function attestedBy(input: RecordedInput, { source }: RecordedStatement): { readonly by: string | null; readonly wrong: string | null } {
  let by: string | null = null;
  for (const { envelope } of input.attested) {
    const statement = envelope === null ? 'unreadable' : readForeign(envelope);
    if (envelope === null || typeof statement === 'string' || !statement.isProvenance || !speaksOf(statement, input.digest)) continue;
    const key = signerOf(envelope, input.recorderKeys);
    if (key === null) continue;
    if (source.commit !== null && statement.commits.length > 0 && !statement.commits.includes(source.commit))
      return {
        by: null,
        wrong: `provenance signed by the key ${key.name} says that it was built from ${statement.commits.join(', ').slice(0, 200)}, not from ${source.commit}`,
      };
    const from = statement.commits.length === 0 ? '; it names no commit' : '';
    by ??= `provenance signed by the key ${key.name}, builder ${(statement.builder ?? 'unnamed').slice(0, 200)}${from}`;
  }
  return { by, wrong: null };
}
