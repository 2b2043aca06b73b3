#!/usr/bin/env node
// Verifies the core claims of an evidence bundle with nothing of Yardmaster: only Node's crypto, which is OpenSSL.
//
//   node verify-with-openssl.mjs BUNDLE TRUST [CHECKPOINT]
//
// It checks, after public specifications alone, that
//   1. a trusted key signed the manifest (DSSE v1) and every section has the digest named there (RFC 8785, SHA-256),
//   2. a trusted key signed the checkpoint (C2SP signed-note with Ed25519, tlog-checkpoint),
//   3. every fact of the bundle is in the log of that checkpoint (RFC 9162 section 2.1.3.2),
//   4. the log continues a checkpoint that you kept, where you give one (RFC 9162 section 2.1.4.2).
// Exit code 0: all hold. 1: one does not, and the last line says which. 2: wrong use.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [bundlePath, trustPath, checkpointPath] = process.argv.slice(2);
if (trustPath === undefined) {
  console.error('usage: verify-with-openssl.mjs BUNDLE TRUST [CHECKPOINT]');
  process.exit(2);
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const demand = (holds, claim) => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${claim}`);
  if (!holds) process.exit(1);
};

/** RFC 8785 for values without floats: sorted members, no spaces. */
const jcs = (value) => {
  if (Array.isArray(value)) return `[${value.map(jcs).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${jcs(value[key])}`).join(',')}}`;
};

const text = readFileSync(bundlePath, 'utf8');
const { manifest: envelope, sections } = JSON.parse(text);
const trust = JSON.parse(readFileSync(trustPath, 'utf8'));
// Nothing in a bundle but the ledger proves when it was signed: a key that was revoked opens none.
const keys = trust.keys.filter(({ revokedFrom }) => !revokedFrom).map(({ publicKeyPem }) => createPublicKey(publicKeyPem));
demand(jcs(JSON.parse(text)) === text, 'the file is canonical JSON');

// 1. The manifest.
const payload = Buffer.from(envelope.payload, 'base64');
const signedBytes = Buffer.concat([
  Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `),
  payload,
]);
const ed25519 = (key, bytes, signature) => key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, signature);
const ecdsa = (key, bytes, signature) => key.asymmetricKeyType === 'ec' && verify('sha256', bytes, key, signature);
const signed = (key, bytes, signature) => ed25519(key, bytes, signature) || ecdsa(key, bytes, signature);
demand(
  keys.some((key) => signed(key, signedBytes, Buffer.from(envelope.signatures[0].sig, 'base64'))),
  'a trusted key signed the manifest',
);
const manifest = JSON.parse(payload.toString('utf8'));
for (const [name, value] of Object.entries(sections)) {
  demand(`sha256:${sha256(jcs(value)).toString('hex')}` === manifest.sections[name], `the section "${name}" is the one that was signed`);
}

// 2. The checkpoint.
const readCheckpoint = (note) => {
  const cut = note.lastIndexOf('\n\n') + 1;
  const body = note.slice(0, cut);
  const [origin, size, root] = body.split('\n');
  for (const line of note
    .slice(cut + 1)
    .trimEnd()
    .split('\n')) {
    const [, name, encoded] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    for (const key of keys) {
      const raw = key.export({ type: 'spki', format: 'der' }).subarray(-32);
      const keyHash = sha256(name, '\n', Uint8Array.of(1), raw).subarray(0, 4);
      if (name === origin && keyHash.equals(bytes.subarray(0, 4)) && ed25519(key, Buffer.from(body), bytes.subarray(4))) {
        return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
      }
    }
  }
  return null;
};
const checkpoint = readCheckpoint(sections.checkpoint);
demand(checkpoint !== null, 'a trusted key signed the checkpoint');

// 3. The facts.
const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
const included = (leaf, index, size, proof, root) => {
  let [fn, sn, hash] = [BigInt(index), BigInt(size) - 1n, leafHash(leaf)];
  if (fn > sn) return false;
  for (const sibling of proof) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else hash = nodeHash(hash, sibling);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && hash.equals(root);
};
const hashes = (proof) => proof.map((hash) => Buffer.from(hash, 'base64'));
const strangers = sections.facts.filter(
  ({ position, leaf, proof }) => !included(leaf, position, checkpoint.size, hashes(proof), checkpoint.root),
);
demand(sections.facts.length > 0 && strangers.length === 0, `${sections.facts.length} facts are in the log of ${checkpoint.size} entries`);

// 4. The history.
const continues = (first, second, proof, firstRoot, secondRoot) => {
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot);
  if (first === 0 || first > second) return false;
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : proof;
  if (path.length === 0) return false;
  let [fn, sn] = [BigInt(first) - 1n, BigInt(second) - 1n];
  while (fn % 2n === 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let [fr, sr] = [path[0], path[0]];
  for (const sibling of path.slice(1)) {
    if (sn === 0n) return false;
    if (fn % 2n === 1n || fn === sn) {
      [fr, sr] = [nodeHash(sibling, fr), nodeHash(sibling, sr)];
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else sr = nodeHash(sr, sibling);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && fr.equals(firstRoot) && sr.equals(secondRoot);
};
if (checkpointPath !== undefined) {
  const kept = readCheckpoint(readFileSync(checkpointPath, 'utf8'));
  demand(kept !== null && kept.origin === checkpoint.origin, 'the checkpoint that you kept is of this log, and a trusted key signed it');
  const proof =
    kept.size === checkpoint.size
      ? []
      : sections.consistency.find(({ origin, size }) => origin === kept.origin && size === kept.size)?.proof;
  demand(
    proof !== undefined && continues(kept.size, checkpoint.size, hashes(proof), kept.root, checkpoint.root),
    `the log continues the one of ${kept.size} entries that you kept`,
  );
}
console.log(`the evidence of ${manifest.release} holds`);
