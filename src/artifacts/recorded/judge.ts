import type { Missing, Read, Reason, Verdict } from '../../kernel/decision.ts';
import type { Digest } from '../../kernel/digest.ts';
import { keysAt, type DatedKey, type Envelope } from '../../kernel/dsse.ts';
import type { Instant } from '../../kernel/time.ts';
import { isRepositoryOf, toldWords } from '../../kernel/told.ts';
import { readForeign, speaksOf } from './foreign.ts';
import type { RecordedLevel } from './levels.ts';
import { isSameRepository, signedWords, signerFor, type Recorders, type SignedFor } from './signers.ts';
import { openRecorded, type RecordedStatement } from './statement.ts';

/** A signed statement that was handed in: its envelope, and the Sigstore bundle around it; an envelope that can't be read is null. */
export type AttestedInput = {
  readonly id: string;
  readonly envelopeDigest: Digest;
  readonly envelope: Envelope | null;
  readonly bundle?: object | undefined;
};

export type RecordedInput = {
  readonly digest: Digest;
  readonly service: { readonly id: string; readonly name: string };
  /** Our statement of what was told; null: not written yet, or its bytes are gone. */
  readonly statement: {
    readonly id: string;
    readonly envelopeDigest: Digest;
    readonly envelope: Envelope | null;
    readonly signedAt?: Instant;
  } | null;
  /** Signed statements of others about these bytes. */
  readonly attested: readonly AttestedInput[];
  readonly keys: readonly DatedKey[];
  readonly recorders: Recorders;
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
  const opened = openRecorded(statement.envelope, keysAt(input.keys, statement.signedAt ?? null), input.digest);
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

/** Provenance that a registered key or identity signed: by whom in words, or what it contradicts. */
function attestedBy(input: RecordedInput, { source }: RecordedStatement): { readonly by: string | null; readonly wrong: string | null } {
  let by: string | null = null;
  for (const { signer, commits, builder } of provenancesOf(input)) {
    const whose = signedWords(signer);
    const other = contradiction(source.commit, commits, signer);
    if (other !== null)
      return { by: null, wrong: `provenance signed by ${whose} says that it was built from ${other}, not from ${source.commit}` };
    if (isOfAnotherCommit(signer, source.commit, input.expectedSource)) continue;
    const from = commits.length === 0 ? '; it names no commit' : '';
    by ??= `provenance signed by ${whose}, builder ${(builder ?? 'unnamed').slice(0, 200)}${from}`;
  }
  return { by, wrong: null };
}

export type CountingProvenance = { readonly signer: SignedFor; readonly commits: readonly string[]; readonly builder: string | null };

/** The SLSA provenances about these bytes that one of those registered signed, in the order they are given. */
export function provenancesOf(input: Pick<RecordedInput, 'attested' | 'digest' | 'recorders' | 'expectedSource'>): CountingProvenance[] {
  return input.attested.flatMap(({ envelope, bundle }) => {
    if (envelope === null) return [];
    const statement = readForeign(envelope);
    if (typeof statement === 'string' || !statement.isProvenance || !speaksOf(statement, input.digest)) return [];
    const signer = signerFor({ envelope, bundle }, input.digest, input.recorders, input.expectedSource);
    return signer.ok ? [{ signer: signer.by, commits: statement.commits, builder: statement.builder }] : [];
  });
}

/** A job of the service's own repository at one commit has not seen what another commit yields, whatever it says. */
function isOfAnotherCommit(signer: SignedFor, commit: string | null, source: string | null): boolean {
  if (signer.kind === 'key' || signer.commit === null || commit === null || signer.commit === commit) return false;
  return source !== null && signer.repository !== null && isSameRepository(signer.repository, source);
}

/** The commits that provenance, or the certificate it is signed with, names instead of `commit`; null: none. */
function contradiction(commit: string | null, commits: readonly string[], signer: SignedFor): string | null {
  if (commit === null) return null;
  if (commits.length > 0 && !commits.includes(commit)) return commits.join(', ').slice(0, 200);
  const certified = signer.kind === 'identity' ? signer.commit : null;
  // A central workflow in another repository is certified with a commit of its own.
  return commits.length > 0 || certified === null || certified === commit ? null : certified.slice(0, 200);
}
