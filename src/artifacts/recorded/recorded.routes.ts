import * as contract from '../../contract/record.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { addRecorderKey, recordAttestation, revokeRecorderKey } from './recorded.commands.ts';
import { recorderKeys, type RecorderKeyRow } from './recorded.queries.ts';

/** Signed statements of others, and the keys whose signatures count. */
export const recordedRoutes: readonly Mounted[] = [
  mount(contract.recordAttestation, async ({ tx, actor, body }) => {
    const { digests, predicateType, fresh, key } = await recordAttestation(tx, actor, body);
    return { digests: [...digests], predicateType, fresh, key: key === null ? null : { name: key.name, keyId: key.keyId } };
  }),
  mount(contract.listRecorderKeys, async ({ tx }) => ({ items: (await recorderKeys(tx)).map(view) })),
  mount(contract.addRecorderKey, async ({ tx, actor, body }) =>
    view(await addRecorderKey(tx, actor, { name: body.name, publicKey: body.publicKey, services: body.services ?? null })),
  ),
  mount(contract.revokeRecorderKey, async ({ tx, actor, params }) => view(await revokeRecorderKey(tx, actor, params.key))),
];

function view({ id, name, keyId, services, createdBy, createdAt, revokedAt }: RecorderKeyRow) {
  return { id, name, keyId, services, createdBy, createdAt, revokedAt };
}
