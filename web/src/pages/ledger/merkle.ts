/**
 * The checks of a transparency log (RFC 6962, 2.1) in the browser: SHA-256 and Ed25519 of WebCrypto, so that nobody has to
 * believe the server about its own ledger. Bytes are Uint8Array; sizes whole numbers up to 2^53.
 */
type Bytes = Uint8Array<ArrayBuffer>;

export function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

async function hash(prefix: number, ...parts: readonly Uint8Array[]): Promise<Bytes> {
  const bytes = new Uint8Array(1 + parts.reduce((sum, part) => sum + part.length, 0));
  bytes[0] = prefix;
  let at = 1;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

export function leafHash(leaf: Uint8Array): Promise<Bytes> {
  return hash(0, leaf);
}

/** The root that an inclusion proof (RFC 9162, 2.1.3.2) leads to; null where it has not the right length. */
export async function rootByInclusion(leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[]): Promise<Bytes | null> {
  if (index >= size) return null;
  let [node, last] = [index, size - 1];
  let root: Bytes = new Uint8Array(leaf);
  for (const step of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      root = await hash(1, step, root);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else root = await hash(1, root, step);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : null;
}

/** Whether the log of `size` begins with the log of `from` (RFC 9162, 2.1.4.2). */
export async function continues(
  from: { readonly size: number; readonly root: Uint8Array },
  to: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): Promise<boolean> {
  if (from.size > to.size) return false;
  if (from.size === to.size) return proof.length === 0 && same(from.root, to.root);
  if (from.size === 0) return proof.length === 0;
  const power = Number.isInteger(Math.log2(from.size));
  const path = power ? [from.root, ...proof] : [...proof];
  let [node, last] = [from.size - 1, to.size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  const first = path.shift();
  if (first === undefined) return false;
  let [before, after] = [first, first];
  for (const step of path) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [before, after] = [await hash(1, step, before), await hash(1, step, after)];
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else after = await hash(1, after, step);
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && same(before, from.root) && same(after, to.root);
}

export type Note = { readonly origin: string; readonly size: number; readonly root: Bytes };

/**
 * Reads a signed checkpoint (C2SP tlog-checkpoint): what it says, where one of the keys has signed it under its origin's
 * name; null for every other. Keys are PEM (SPKI) of Ed25519.
 */
export async function readNote(note: string, keys: readonly string[]): Promise<Note | null> {
  const end = note.lastIndexOf('\n\n');
  const body = note.slice(0, end + 1);
  const [origin, size, root] = body.split('\n');
  if (end < 0 || origin === undefined || size === undefined || root === undefined || !/^\d{1,15}$/.test(size)) return null;
  for (const line of note.slice(end + 2).split('\n')) {
    const [, name, encoded] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== origin || encoded === undefined) continue;
    const signature = fromBase64(encoded).slice(4);
    for (const pem of keys)
      if (await signed(pem, signature, new TextEncoder().encode(body))) return { origin, size: Number(size), root: fromBase64(root) };
  }
  return null;
}

async function signed(pem: string, signature: Bytes, body: Bytes): Promise<boolean> {
  try {
    const der = fromBase64(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''));
    const key = await crypto.subtle.importKey('spki', der, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, body);
  } catch {
    return false;
  }
}
