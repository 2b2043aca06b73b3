import { readEntries } from '../../artifacts/attest/envelopes.ts';
import { attestPolicySchema, whoSigned, type AttestPolicy } from '../../artifacts/attest/policy.ts';
import { readTrust } from '../../artifacts/attest/trust.ts';
import { verifyAny, type Subject } from '../../artifacts/attest/verify.ts';
import { getArtifactAttestations } from '../../contract/artifacts.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { readYaml } from '../../kernel/yaml.ts';
import { unreadable, usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { readBytes, readText, writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { line } from '../terminal.ts';

type Options = { artifact?: string; digest?: string; policy?: string; trust: string };

/** ym attest verify|write: anybody's attestation about any file, offline. What it runs is src/artifacts/attest. */
export const attestCommands: AddCommand = (program, run) => {
  const group = program.command('attest').description('attestations of others and of ours');
  group
    .command('write <digest>')
    .description('write what the instance attested of an artifact to a file, as DSSE envelopes one a line')
    .option('--kind <kind>', 'only the provenance, or only the sbom')
    .option('-o, --out <file>', 'where to', 'attestations.intoto.jsonl')
    .action(
      run(async (shell, digest: string, options: { kind?: string; out: string }) => {
        const kind = options.kind === undefined ? null : oneOf('--kind', options.kind, ['provenance', 'sbom']);
        const { items } = await shell.client().call(getArtifactAttestations, { params: { digest: wholeDigest(digest) } });
        const envelopes = items.flatMap((one) =>
          one.envelope === null || (kind !== null && one.kind !== kind) ? [] : [JSON.stringify(one.envelope)],
        );
        if (envelopes.length === 0)
          throw usage({
            what: `nothing${kind === null ? '' : ` of the kind ${kind}`} is attested of ${digest}`,
            try: `ym artifact attestations ${digest}`,
          });
        await writeWhole(options.out, `${envelopes.join('\n')}\n`);
        shell.print(`Wrote ${envelopes.length === 1 ? '1 attestation' : `${envelopes.length} attestations`} to ${options.out}.`, {
          file: options.out,
          digest,
          count: envelopes.length,
        });
      }),
    );
  group
    .command('verify <file>')
    .description('verify a Sigstore bundle, DSSE envelopes (.intoto.jsonl) or gcloud’s description of an image, offline')
    .option('--artifact <file>', 'the file that it must speak of')
    .option('--digest <digest>', 'its digest (sha256:...), where the file is not at hand')
    .option('--policy <file>', 'who must have signed, and what it must say (YAML): signers, builder, source, predicate')
    .requiredOption('--trust <file>', 'what you trust: PEM public keys, Sigstore’s trusted_root.json, or our trust file')
    .action(
      run(async (shell, file: string, options: Options) => {
        const subject = await subjectOf(options);
        const policy = options.policy === undefined ? {} : await policyOf(options.policy);
        const trust = readTrust(await readText(options.trust));
        if (!trust.ok) throw unreadable({ file: options.trust, why: trust.why });
        const read = readEntries(await readText(file));
        if (!read.ok) throw unreadable({ file, why: `${read.why} (${read.place})` });
        const wanted = policy.artifact;
        const other = wanted !== undefined && wanted !== subject.digest;
        const answer = other
          ? {
              ok: false as const,
              reasons: [{ code: 'attest.subject', text: `the policy is about ${wanted}, and this is ${subject.digest}` }],
            }
          : verifyAny(read.entries, subject, trust.trust, policy);
        const { digest } = subject;
        if (!answer.ok) {
          // Of several attestations each may say the same of itself.
          const texts = [...new Set(answer.reasons.map((reason) => line(reason.text)))];
          const lines = texts.map((text) => `  ${shell.paint('red', '✖')} ${text}`);
          shell.print(['REFUSED. Do not rely on it.', ...lines].join('\n'), { verified: false, digest, reasons: answer.reasons });
          return EXIT.failed;
        }
        const { by, said } = answer;
        const told =
          said === null
            ? []
            : [
                `says ${said.predicateType}`,
                `built by ${said.builder ?? 'nobody named'}`,
                `from ${said.source ?? 'no source named'}${said.ref === null ? '' : ` at ${said.ref}`}${said.commit === null ? '' : ` (${said.commit})`}`,
              ];
        const lines = [`signed by ${whoSigned(by)}`, ...told].map((one) => `  ${shell.paint('green', '✔')} ${line(one)}`);
        shell.print([`Verified: it speaks of ${digest}.`, ...lines].join('\n'), { verified: true, digest, by, said });
        return EXIT.ok;
      }),
    );
};

function wholeDigest(digest: string): Digest {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw usage({ what: `${digest} is no digest`, try: 'Give it as sha256: and 64 hex digits.' });
  return digest as Digest;
}

async function subjectOf({ artifact, digest }: Options): Promise<Subject> {
  if (artifact !== undefined) {
    const bytes = await readBytes(artifact);
    const own = digestOf(bytes);
    if (digest !== undefined && digest !== own)
      throw usage({ what: `${artifact} is ${own}, and not ${digest}`, try: 'Give one of --artifact and --digest.' });
    return { digest: own, bytes };
  }
  if (digest === undefined)
    throw usage({
      what: 'an attestation speaks of bytes: which?',
      try: 'Give --artifact FILE, or --digest sha256:... with 64 hex digits.',
    });
  return { digest: wholeDigest(digest), bytes: null };
}

async function policyOf(file: string): Promise<AttestPolicy> {
  const read = readYaml(await readText(file), file);
  if (!read.ok) throw unreadable({ file, why: read.diagnostics.map((one) => one.message).join('; ') });
  const parsed = attestPolicySchema.safeParse(read.document.value);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'the policy'}: ${issue.message}`);
  throw usage({
    what: `${file} can't be used: ${wrong.join('; ')}.`,
    try: 'docs/guide/gates.md shows what it may say, under "Verify somebody\'s artifact".',
  });
}
