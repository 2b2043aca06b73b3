import { readTrust } from '../attest/trust.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import { canonicalBytes, type Json } from '../../kernel/canonical.ts';
import type { Tx } from '../../platform/floor.ts';
import { recorderIdentityAdded, recorderIdentityRevoked, sigstoreRootAdded, sigstoreRootRevoked } from '../artifacts.events.ts';
import { badIdentity, badRoot, noSuchRecorder, recorderTaken } from '../artifacts.problems.ts';
import { recorderIdentityById, sigstoreRootById, type RecorderIdentityRow, type SigstoreRootRow } from './recorders.queries.ts';
import { insertRecorderIdentity, insertSigstoreRoot, revokeIdentity, revokeRoot } from './recorders.store.ts';

const IDENTITY = 'recorder identity';
const ROOT = 'Sigstore trust root';

/** Trusts an identity of certificates to sign attestations of recorded builds, of the services named (null: all). */
export async function addRecorderIdentity(
  tx: Tx,
  actor: Actor,
  input: {
    readonly name: string;
    readonly issuer: string;
    readonly subject: string;
    readonly repository: string | null;
    readonly services: readonly string[] | null;
  },
): Promise<RecorderIdentityRow> {
  const { name, issuer, subject, repository } = input;
  const why = subjectFault(subject);
  if (why !== null) throw badIdentity({ why });
  const id = tx.floor.newId('rid');
  const services = input.services === null ? null : [...input.services];
  const row = { id, name, issuer, subject, repository, services, by: actorLabel(actor), at: await tx.now() };
  if (!(await insertRecorderIdentity(tx, row))) throw recorderTaken({ kind: IDENTITY, name });
  await tx.record(recorderIdentityAdded, { subject: id, actor, body: { name, issuer, identity: subject, repository, services } });
  return found(await recorderIdentityById(tx, id), IDENTITY, id);
}

/** A star anywhere but at the end, or one that leaves the owner open, would name people whom nobody meant. */
function subjectFault(subject: string): string | null {
  const star = subject.indexOf('*');
  if (star < 0) return null;
  if (star !== subject.length - 1) return 'a * stands only at the end of the subject';
  return /^https:\/\/[^/*]+\/[^/*]+\/./.test(subject)
    ? null
    : 'before the * the subject must name a host and an owner: https://github.com/acme/';
}

/** What certificates of this identity signed proves nothing from now on. Repeated, it changes nothing. */
export async function revokeRecorderIdentity(tx: Tx, actor: Actor, id: string): Promise<RecorderIdentityRow> {
  const { name, issuer, subject } = found(await recorderIdentityById(tx, id), IDENTITY, id);
  if (await revokeIdentity(tx, id, await tx.now()))
    await tx.record(recorderIdentityRevoked, { subject: id, actor, body: { name, issuer, identity: subject } });
  return found(await recorderIdentityById(tx, id), IDENTITY, id);
}

/** Trusts a Sigstore instance by the text of its `trusted_root.json`. */
export async function addSigstoreRoot(
  tx: Tx,
  actor: Actor,
  input: { readonly name: string; readonly document: string },
): Promise<SigstoreRootRow> {
  const { name } = input;
  const { digest: document } = await tx.floor.blobs.put(canonicalBytes(rootIn(input.document)));
  const id = tx.floor.newId('sgr');
  if (!(await insertSigstoreRoot(tx, { id, name, document, by: actorLabel(actor), at: await tx.now() })))
    throw recorderTaken({ kind: ROOT, name });
  await tx.record(sigstoreRootAdded, { subject: id, actor, body: { name, document } });
  return found(await sigstoreRootById(tx, id), ROOT, id);
}

function rootIn(text: string): Json {
  const read = readTrust(text);
  if (!read.ok) throw badRoot({ why: read.why });
  if (read.trust.keys.length > 0 || read.trust.sigstore === null)
    throw badRoot({ why: 'it is a file of keys; those are added with ym recorder-key add' });
  if (read.trust.sigstore.certificateAuthorities.length === 0) throw badRoot({ why: 'it names no certificate authority' });
  const value = JSON.parse(text) as { sigstore?: Json };
  return value.sigstore ?? (value as Json);
}

/** No certificate is judged by it from now on. Repeated, it changes nothing. */
export async function revokeSigstoreRoot(tx: Tx, actor: Actor, id: string): Promise<SigstoreRootRow> {
  const { name, document } = found(await sigstoreRootById(tx, id), ROOT, id);
  if (await revokeRoot(tx, id, await tx.now())) await tx.record(sigstoreRootRevoked, { subject: id, actor, body: { name, document } });
  return found(await sigstoreRootById(tx, id), ROOT, id);
}

function found<Row>(row: Row | null, kind: string, id: string): Row {
  if (row === null) throw noSuchRecorder({ kind, id });
  return row;
}
