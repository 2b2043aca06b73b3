import * as contract from '../../contract/record.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { Tx } from '../../platform/floor.ts';
import { badEnvelope } from '../artifacts.problems.ts';
import { readTrust } from '../attest/trust.ts';
import { readJson } from './kept.queries.ts';
import { addRecorderKey, recordAttestation, revokeRecorderKey } from './recorded.commands.ts';
import { recorderKeys, type RecorderKeyRow } from './recorded.queries.ts';
import { addRecorderIdentity, addSigstoreRoot, revokeRecorderIdentity, revokeSigstoreRoot } from './recorders.commands.ts';
import { recorderIdentities, sigstoreRoots, type SigstoreRootRow } from './recorders.queries.ts';
import { signerView } from './signer.views.ts';

/** Signed statements of others, and whose signatures count: keys, and identities of Sigstore's certificates. */
export const recordedRoutes: readonly Mounted[] = [
  mount(contract.recordAttestation, async ({ tx, actor, body }) => {
    const { service, envelope, bundle } = body;
    if ((envelope === undefined) === (bundle === undefined)) throw badEnvelope({ why: 'give an envelope or a bundle, one of them' });
    const handed = envelope === undefined ? { service, bundle: bundle ?? '' } : { service, envelope };
    const { digests, predicateType, fresh, signer } = await recordAttestation(tx, actor, handed);
    return { digests: [...digests], predicateType, fresh, ...signerView(signer) };
  }),
  mount(contract.listRecorderKeys, async ({ tx }) => ({ items: (await recorderKeys(tx)).map(view) })),
  mount(contract.addRecorderKey, async ({ tx, actor, body }) =>
    view(await addRecorderKey(tx, actor, { name: body.name, publicKey: body.publicKey, services: body.services ?? null })),
  ),
  mount(contract.revokeRecorderKey, async ({ tx, actor, params }) => view(await revokeRecorderKey(tx, actor, params.key))),
  mount(contract.listRecorderIdentities, async ({ tx }) => ({ items: await recorderIdentities(tx) })),
  mount(contract.addRecorderIdentity, async ({ tx, actor, body }) => {
    const { name, issuer, subject, repository = null, services = null } = body;
    return addRecorderIdentity(tx, actor, { name, issuer, subject, repository, services });
  }),
  mount(contract.revokeRecorderIdentity, async ({ tx, actor, params }) => revokeRecorderIdentity(tx, actor, params.identity)),
  mount(contract.listSigstoreRoots, async ({ tx }) => ({
    items: await Promise.all((await sigstoreRoots(tx)).map((row) => rootView(tx, row))),
  })),
  mount(contract.addSigstoreRoot, async ({ tx, actor, body }) => rootView(tx, await addSigstoreRoot(tx, actor, body))),
  mount(contract.revokeSigstoreRoot, async ({ tx, actor, params }) => rootView(tx, await revokeSigstoreRoot(tx, actor, params.root))),
];

async function rootView(tx: Tx, row: SigstoreRootRow) {
  const read = readTrust(JSON.stringify((await readJson(tx, row.document)) ?? {}));
  const root = read.ok ? read.trust.sigstore : null;
  return {
    ...row,
    authorities: (root?.certificateAuthorities ?? []).map(({ uri }) => uri),
    logs: (root?.tlogs ?? []).map(({ baseUrl }) => baseUrl),
  };
}

function view({ id, name, keyId, services, createdBy, createdAt, revokedAt }: RecorderKeyRow) {
  return { id, name, keyId, services, createdBy, createdAt, revokedAt };
}
