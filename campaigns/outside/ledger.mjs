// The ledger, after its specifications alone: RFC 6962 hashes, C2SP signed notes and checkpoints with Ed25519.
import { createHash, createPublicKey, verify } from 'node:crypto';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

/** Roots of a growing log: `push` takes a leaf's hash, `root` answers the root over all so far. */
export function growing() {
  // Roots of full subtrees, largest first, each with its number of leaves.
  const peaks = [];
  return {
    push(hash) {
      peaks.push({ size: 1, hash });
      while (peaks.length > 1 && peaks.at(-1).size === peaks.at(-2).size) {
        const right = peaks.pop();
        const left = peaks.pop();
        peaks.push({ size: left.size * 2, hash: nodeHash(left.hash, right.hash) });
      }
    },
    root: () => (peaks.length === 0 ? sha256('') : peaks.map((peak) => peak.hash).reduceRight((right, left) => nodeHash(left, right))),
  };
}

/** A checkpoint that one of the keys signed, or null. */
export function readCheckpoint(note, keys) {
  const cut = note.lastIndexOf('\n\n') + 1;
  const body = note.slice(0, cut);
  const [origin, size, root] = body.split('\n');
  for (const line of note
    .slice(cut + 1)
    .trimEnd()
    .split('\n')) {
    const [, name, encoded] = line.split(' ');
    const bytes = Buffer.from(encoded ?? '', 'base64');
    for (const pem of keys) {
      const key = createPublicKey(pem);
      const raw = key.export({ type: 'spki', format: 'der' }).subarray(-32);
      const hash = sha256(name, '\n', Uint8Array.of(1), raw).subarray(0, 4);
      if (name === origin && hash.equals(bytes.subarray(0, 4)) && verify(null, Buffer.from(body), key, bytes.subarray(4)))
        return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
    }
  }
  return null;
}

/** RFC 8785 for values without floats. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).filter((key) => value[key] !== undefined);
  return `{${members
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join(',')}}`;
}

export const digestOf = (bytes) => `sha256:${sha256(bytes).toString('hex')}`;
