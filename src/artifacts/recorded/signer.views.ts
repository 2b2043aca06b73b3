import type { Answer, SignedFor } from './signers.ts';

/** Who registered signed it, in the words of the wire. */
export function signerView(signer: Answer) {
  const by = signer.ok ? signer.by : null;
  return {
    key: by?.kind === 'key' ? { name: by.name, keyId: by.keyId } : null,
    identity: by?.kind === 'identity' ? identityView(by) : null,
    unsigned: signer.ok ? null : signer.why,
  };
}

function identityView({ name, issuer, subject, repository, ref, commit }: Extract<SignedFor, { kind: 'identity' }>) {
  return { name, issuer, subject, repository, ref, commit };
}
