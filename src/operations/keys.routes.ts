import { serviceByName } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/keys.ts';
import { Problem } from '../kernel/problem.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { viewKeys } from '../platform/keys/keys.views.ts';
import { removeMaster, rotateData, rotateMaster } from '../platform/keys/rotate.commands.ts';
import { revokeSigning, rotateSigning } from '../platform/keys/signing.commands.ts';
import { signingKeys, type SigningKeyRow } from '../platform/keys/signing.store.ts';
import type { SealedColumn } from '../platform/keys/sealed.port.ts';
import { noSuchService } from './operations.problems.ts';

/** What an admin does with the keys of secrets. */
export function keyRoutes(columns: readonly SealedColumn[]): readonly Mounted[] {
  return [
    mount(contract.listKeys, ({ floor }) => floor.db.read('*', (tx) => viewKeys(tx, columns))),
    mount(contract.rotateMasterKey, async ({ floor, actor }) => {
      const { key, state, waitsFor } = await rotateMaster(floor, actor);
      return { key, state, waitsFor: [...waitsFor] };
    }),
    mount(contract.rotateDataKeys, ({ floor, actor, body }) =>
      floor.db.tx(actor.org, async (tx) => {
        if (body.service === undefined) return { keys: await rotateData(tx, actor, null, null) };
        const service = await serviceByName(tx, body.service);
        if (service === null) throw noSuchService({ service: body.service });
        return { keys: await rotateData(tx, actor, `service:${service.id}`, service.id) };
      }),
    ),
    mount(contract.removeMasterKey, async ({ floor, actor, params }) => {
      await removeMaster(floor, actor, params.key, columns);
      return { key: params.key };
    }),
    mount(contract.listSigningKeys, async ({ floor }) => {
      const now = await floor.signer.current().catch((error: unknown) => {
        if (error instanceof Problem) return error;
        throw error;
      });
      const items = (await floor.db.read('*', signingKeys)).map((row) => viewKey(row, now instanceof Problem ? null : now.keyId));
      return { kind: floor.signer.kind, problem: now instanceof Problem ? now.sentence : null, items };
    }),
    mount(contract.rotateSigningKey, async ({ floor, actor }) => {
      const { keyId, name } = await rotateSigning(floor, actor);
      return { keyId, name };
    }),
    mount(contract.revokeSigningKey, async ({ floor, actor, params, body }) =>
      viewKey(await revokeSigning(floor, actor, { key: params.key, from: body.from ?? null, reason: body.reason }), null),
    ),
  ];
}

function viewKey({ keyId, kind, name, createdAt, revokedFrom, revokedReason }: SigningKeyRow, current: string | null) {
  return { keyId, kind, name, current: keyId === current, createdAt, revokedFrom, revokedReason };
}
