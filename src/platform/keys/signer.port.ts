/** A key that evidence is signed with, by its public half. */
export type SignerKey = {
  /** sha256 hex of the SPKI DER. */
  readonly keyId: string;
  readonly publicKeyPem: string;
  /** Where it is, for people: the name of a file, or `NAME:VERSION` in the key service. */
  readonly name: string;
};

/**
 * Where evidence is signed (attestations, bundles): a file here, or a key service that never gives the key away. Ed25519
 * or ECDSA P-256 over SHA-256 (signature in DER). Never called inside a transaction: it may be far away.
 */
export type EvidenceSigner = {
  readonly kind: 'file' | 'vault';
  /** The key that signs now: the newest. Throws `platform.key-service` where that can't be found out. */
  current(): Promise<SignerKey>;
  /** Signs with exactly this key. Throws `platform.key-service`; a wrong signature is never given back. */
  sign(key: SignerKey, bytes: Uint8Array): Promise<Uint8Array>;
  /** Makes a new key, which is the current one from now on. */
  rotate(): Promise<SignerKey>;
};
