import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { hexOf, type Digest } from '../../kernel/digest.ts';
import { readEntries } from './envelopes.ts';
import type { AttestPolicy } from './policy.ts';
import { readTrust, type AttestKey, type TrustRoot } from './trust.ts';
import { subjectOf, verifyAny, type Subject, type Verified } from './verify.ts';

// Sigstore's conformance cases and slsa-verifier's table, offline. Positives are asked for where the proof is in the file.

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const conformance = join(corpus, 'sigstore-bundles');
const table = join(corpus, 'expected/slsa-verifier-cases.json');

const seeds = createRequire(import.meta.url)('@sigstore/tuf/seeds.json') as Record<string, { targets: Record<string, string> }>;
const publicGood = Buffer.from(Object.values(seeds)[0]?.targets['trusted_root.json'] ?? '', 'base64').toString('utf8');

function trusted(text: string): TrustRoot {
  const read = readTrust(text);
  if (!read.ok) throw new Error(read.why);
  return read.trust;
}

function judge(text: string, subject: Subject, trust: TrustRoot, policy: AttestPolicy): Verified {
  const read = readEntries(text);
  return read.ok ? verifyAny(read.entries, subject, trust, policy) : { ok: false, reasons: [{ code: 'attest.file', text: read.why }] };
}

test.skipIf(!existsSync(conformance))('Sigstore’s conformance cases are answered as their names say (corpus)', () => {
  const wrong: string[] = [];
  let count = 0;
  for (const file of globSync(join(conformance, '**/bundle-verify/*/bundle.sigstore.json')).sort()) {
    const folder = dirname(file);
    const own = (name: string): string | null => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : null);
    const artifact = existsSync(join(folder, 'artifact')) ? join(folder, 'artifact') : join(folder, '../a.txt');
    const key = own('key.pub');
    const root = JSON.parse(own('trusted_root.json') ?? publicGood) as object;
    const pem = key === null ? [] : [{ publicKeyPem: key }];
    const identity = {
      issuer: own('issuer')?.trim() ?? 'https://token.actions.githubusercontent.com',
      subject:
        own('identity')?.trim() ??
        'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main',
    };
    const policy = key === null ? { signers: [identity] } : {};
    const answer = judge(
      readFileSync(file, 'utf8'),
      subjectOf(readFileSync(artifact)),
      trusted(JSON.stringify({ sigstore: root, keys: pem })),
      policy,
    );
    count += 1;
    const name = basename(folder);
    if (answer.ok === name.endsWith('_fail'))
      wrong.push(`${name}: ${answer.ok ? 'accepted' : answer.reasons.map((one) => one.text).join('; ')}`);
  }
  console.log(`Sigstore: ${count - wrong.length} of ${count} cases as expected`);
  expect(count).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});

type Case = {
  readonly name: string;
  readonly source: string;
  readonly err?: string;
  readonly artifact?: string;
  readonly artifacts?: string;
  readonly provenance?: string;
  readonly provenancePath?: string;
  readonly pbranch?: string;
  readonly ptag?: string;
  readonly pversiontag?: string;
  readonly pBuilderID?: string;
  readonly builders?: string;
};

/** The verifier that the table was written for trusts these builders of its own accord. */
const GENERATORS = ['builder_go_slsa3', 'generator_generic_slsa3', 'generator_container_slsa3'].map(
  (name) => `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/${name}.yml`,
);
const CLOUD_BUILD = 'https://cloudbuild.googleapis.com/GoogleHostedWorker';

const digests = existsSync(table)
  ? (
      JSON.parse(readFileSync(join(corpus, 'expected/slsa-artifact-digests.json'), 'utf8')) as {
        digests: Record<string, { sha256: string }>;
      }
    ).digests
  : {};

/** The files of the table that this half of the corpus holds, each with the digest of its artifact. */
function filesOf(one: Case): { readonly file: string; readonly digest: Digest }[] {
  const root = join(corpus, 'slsa-provenance/slsa-framework+slsa-verifier');
  const base = 'cli/slsa-verifier/testdata';
  if (one.provenance !== undefined) {
    return globSync(join(root, '**', one.provenance)).flatMap((file) => {
      if (file.includes('slsaprovenance')) return [];
      const path = join(base, dirname(file).slice(join(root, base).length), `${one.artifact}.digest`);
      const kept = digests[path] === undefined ? null : existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8').trim() : null;
      return [{ file, digest: (kept ?? shownDigest(file, one)) as Digest }];
    });
  }
  const names = [...(one.artifacts ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
  return names.flatMap((name) =>
    globSync(join(root, base, '**', one.provenancePath ?? `${name}.intoto.jsonl`)).flatMap((file) => {
      const path = join(base, dirname(file).slice(join(root, base).length), name);
      const digest = digests[path]?.sha256;
      return digest === undefined ? [] : [{ file, digest: `sha256:${digest}` as Digest }];
    }),
  );
}

/** The image that a case is about: of a refusal the table's own one, whatever the file was made to name; else the file's. */
function shownDigest(file: string, one: Case): Digest {
  const good = join(dirname(file), `${one.artifact}.json`);
  const from = one.err !== undefined && existsSync(good) ? good : file;
  return (JSON.parse(readFileSync(from, 'utf8')) as { image_summary: { digest: Digest } }).image_summary.digest;
}

/** The unit tests' copy of the file from a bucket is of another bucket than the table's. */
function ownSource(one: Case, file: string): string | undefined {
  return one.source.startsWith('gs://') && file.includes('/internal/') ? undefined : one.source;
}

/** Google's keys by the names that its envelopes call them by. */
function cloudKeys(): AttestKey[] {
  return globSync(join(corpus, 'slsa-provenance/**/materials/*.key')).flatMap((file) => {
    const publicKeyPem = readFileSync(file, 'utf8');
    const [region, signer] = basename(file, '.key').startsWith('global-pae')
      ? [
          'global',
          basename(file, '.key')
            .replace(/^global-pae-?/, '')
            .replace(/_1$/, ''),
        ]
      : [basename(file, '.key'), 'builtByGCB'];
    const named = signer === 'google-hosted-worker' || signer === 'provenanceSigner' || signer === 'builtByGCB' ? signer : null;
    return named === null
      ? []
      : [
          {
            keyId: `projects/verified-builder/locations/${region}/keyRings/attestor/cryptoKeys/${named}/cryptoKeyVersions/1`,
            publicKeyPem,
            ...(named === 'builtByGCB' ? { over: 'payload' as const } : {}),
          },
        ];
  });
}

test.skipIf(!existsSync(table))('slsa-verifier’s table: every refusal refused, every proof in a file accepted (corpus)', () => {
  const { cases } = JSON.parse(readFileSync(table, 'utf8')) as { cases: Case[] };
  const trust = trusted(JSON.stringify({ sigstore: JSON.parse(publicGood), keys: cloudKeys() }));
  const wrong: string[] = [];
  const seen = { refused: 0, accepted: 0, unproved: 0, files: 0 };
  for (const one of cases) {
    for (const { file, digest } of filesOf(one)) {
      const text = readFileSync(file, 'utf8');
      const builder =
        one.pBuilderID?.includes('builder +') === true ? `${CLOUD_BUILD}${one.pBuilderID.includes('@') ? '@v0.4' : 'a'}` : one.pBuilderID;
      const policy: AttestPolicy = {
        builder: builder ?? (one.provenance === undefined ? GENERATORS : CLOUD_BUILD),
        source: { repository: ownSource(one, file), branch: one.pbranch, tag: one.ptag, versionedTag: one.pversiontag } as NonNullable<
          AttestPolicy['source']
        >,
      };
      const answer = judge(text, { digest, bytes: null }, trust, policy);
      seen.files += 1;
      const why = answer.ok ? 'accepted' : answer.reasons.map((reason) => reason.code + ' ' + reason.text).join('; ');
      const label = `${one.name} (${file.slice(file.indexOf('testdata'))}, ${hexOf(digest).slice(0, 8)})`;
      if (one.err !== undefined) {
        // A digest that an artifact can't have is none of a mutable tag: such cases are of the command line, not of a file.
        if (answer.ok && one.err !== 'serrors.ErrorMutableImage') wrong.push(`${label}: accepted, and ${one.err} was expected`);
        else seen.refused += 1;
      } else if (answer.ok) seen.accepted += 1;
      else if (one.provenance === undefined && !text.includes('"inclusionProof"')) seen.unproved += 1;
      else wrong.push(`${label}: ${why}`);
    }
  }
  console.log(
    `SLSA: ${seen.files} files asked; ${seen.refused} refused as expected, ${seen.accepted} accepted, ${seen.unproved} without a log proof refused; ${wrong.length} wrong`,
  );
  expect(wrong).toEqual([]);
});
