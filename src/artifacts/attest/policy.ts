import { z } from 'zod';
import { digestSchema } from '../../contract/common.ts';
import type { Reason } from '../../kernel/decision.ts';
import type { Said } from './said.ts';

const words = z.string().min(1).max(1000);

/**
 * What an attestation must be for a file to be accepted. Everything that is named must hold; what is not named is not
 * asked. Names are compared to the letter; in `subject` of an identity one `*` at the end stands for any rest without `@`.
 */
export const attestPolicySchema = z.strictObject({
  predicate: z.union([words, z.array(words).min(1).max(20)]).optional(),
  /** Who may have signed: keys of the trust file by id, or identities of certificates. None: any that the trust file trusts. */
  signers: z
    .array(z.union([z.strictObject({ key: words }), z.strictObject({ issuer: words, subject: words })]))
    .min(1)
    .max(100)
    .optional(),
  builder: z.union([words, z.array(words).min(1).max(100)]).optional(),
  source: z
    .strictObject({
      /** Host and path: `github.com/org/name`. */
      repository: words.optional(),
      commit: words.optional(),
      branch: words.optional(),
      tag: words.optional(),
      /** `v1`, `v1.2`: any tag of that version. */
      versionedTag: words.optional(),
    })
    .optional(),
  /** The file's digest, where the file itself is not at hand. */
  artifact: digestSchema.optional(),
});
export type AttestPolicy = z.infer<typeof attestPolicySchema>;

/** Who signed, as it was verified: a key of the trust file, or the identity of a certificate of Sigstore. */
export type SignedBy =
  | { readonly kind: 'key'; readonly keyId: string }
  | {
      readonly kind: 'identity';
      readonly subject: string;
      readonly issuer: string;
      readonly repository: string | null;
      readonly ref: string | null;
      readonly commit: string | null;
    };

/** Everything of a verified statement that the policy does not allow; empty: nothing. */
export function faults(policy: AttestPolicy, said: Said, by: SignedBy): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: string, text: string): void => void reasons.push({ code: `attest.${code}`, text });
  const kinds = many(policy.predicate);
  if (kinds.length > 0 && !kinds.includes(said.predicateType)) add('predicate', `it is a ${said.predicateType}, not ${kinds.join(' or ')}`);
  if (policy.signers !== undefined && !policy.signers.some((one) => isSigner(one, by)))
    add('signer', `it is signed by ${whoSigned(by)}, whom the policy does not name`);
  const builders = many(policy.builder);
  if (builders.length > 0 && !builders.some((one) => isBuilder(one, said)))
    add('builder', `it was built by ${said.builder ?? 'nobody named'}, not by ${builders.join(' or ')}`);
  // A workflow signs with the certificate of the workflow that built: another one's word about a builder is none.
  if (by.kind === 'identity' && said.builder?.includes('/.github/workflows/') === true && !by.subject.startsWith(`${said.builder}@`))
    add('builder', `it says it was built by ${said.builder}, and ${by.subject} signed it`);
  for (const [code, text] of sourceFaults(policy.source ?? {}, said, by)) add(code, text);
  return reasons;
}

function* sourceFaults(source: NonNullable<AttestPolicy['source']>, said: Said, by: SignedBy): Generator<readonly [string, string]> {
  const certified = by.kind === 'identity' ? by : null;
  if (certified?.repository != null && said.source !== null && bare(certified.repository) !== said.source)
    yield ['source', `it says it was built from ${said.source}, and its certificate is of ${bare(certified.repository)}`];
  if (source.repository !== undefined && bare(source.repository) !== said.source)
    yield ['source', `it was built from ${said.source ?? 'no source named'}, not from ${source.repository}`];
  if (source.commit !== undefined && source.commit !== said.commit)
    yield ['commit', `it was built from commit ${said.commit ?? 'none named'}, not ${source.commit}`];
  if (source.branch !== undefined && said.ref !== `refs/heads/${source.branch}`)
    yield ['branch', `it was built from ${said.ref ?? 'no ref named'}, not from the branch ${source.branch}`];
  const tag = said.ref?.startsWith('refs/tags/') === true ? said.ref.slice('refs/tags/'.length) : null;
  if (source.tag !== undefined && tag !== source.tag)
    yield ['tag', `it was built from ${said.ref ?? 'no ref named'}, not from the tag ${source.tag}`];
  if (source.versionedTag !== undefined && (tag === null || !isVersion(tag, source.versionedTag)))
    yield ['tag', `it was built from ${said.ref ?? 'no ref named'}, not from a tag of ${source.versionedTag}`];
}

/** Whether `tag` is a version of `asked`: `v14.2.1` of `v14` and `v14.2`. A tag that leaves parts out has zeros there. */
export function isVersion(tag: string, asked: string): boolean {
  const [have, want] = [partsOf(tag), partsOf(asked)];
  if (have === null || want === null) return false;
  if (want.pre !== have.pre) return false;
  return want.numbers.every((number, index) => number === (have.numbers[index] ?? '0'));
}

function partsOf(version: string): { readonly numbers: readonly string[]; readonly pre: string } | null {
  const found = /^v((?:0|[1-9]\d{0,9})(?:\.(?:0|[1-9]\d{0,9})){0,2})(-[0-9A-Za-z.-]{1,200})?(?:\+[0-9A-Za-z.-]{1,200})?$/.exec(version);
  return found === null ? null : { numbers: (found[1] ?? '').split('.'), pre: found[2] ?? '' };
}

function isSigner(one: NonNullable<AttestPolicy['signers']>[number], by: SignedBy): boolean {
  return 'key' in one ? by.kind === 'key' && by.keyId === one.key : by.kind === 'identity' && isIdentity(one, by);
}

/** Whether a certificate is of the identity that is named: the issuer to the letter, the subject too, or up to one `*` at its end. */
export function isIdentity(
  named: { readonly issuer: string; readonly subject: string },
  by: { readonly issuer: string; readonly subject: string },
): boolean {
  if (by.issuer !== named.issuer) return false;
  if (!named.subject.endsWith('*')) return by.subject === named.subject;
  const head = named.subject.slice(0, -1);
  return by.subject.startsWith(head) && !by.subject.slice(head.length).includes('@');
}

function isBuilder(asked: string, said: Said): boolean {
  const at = asked.lastIndexOf('@');
  if (at < 0) return said.builder === asked;
  return (
    said.builder === asked.slice(0, at) &&
    (said.builderVersion === asked.slice(at + 1) || said.builderVersion === `refs/tags/${asked.slice(at + 1)}`)
  );
}

/** Host and path of an https address of a repository. */
export function bare(repository: string): string {
  return repository
    .replace(/^git\+/, '')
    .replace(/^https:\/\//, '')
    .replace(/\.git$/, '');
}

function many(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}

/** A signer in words. */
export function whoSigned(by: SignedBy): string {
  return by.kind === 'key' ? `the key ${by.keyId}` : `${by.subject} (${by.issuer})`;
}
