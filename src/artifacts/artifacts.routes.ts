import { importAdvisories as importRoute, importExploited as exploitedRoute } from '../contract/advisories.ts';
import { importPackageNews } from '../contract/packages.ts';
import * as contract from '../contract/artifacts.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { importAdvisories } from './advisories/import.commands.ts';
import { attestationsOf, buildsOf } from './artifacts.queries.ts';
import { importExploited } from './advisories/exploited.commands.ts';
import { importNews } from './health/news.commands.ts';
import { noAttestation, noSuchArtifact } from './artifacts.problems.ts';
import { artifactView, attestationView, buildPage, makersOf } from './artifacts.views.ts';
import { filesOf } from './files.api.ts';
import { openArtifact, openArtifactIn } from './open.api.ts';
import { recordedRoutes } from './recorded/recorded.routes.ts';
import { compareRebuild } from './reproduce/reproduce.commands.ts';
import { askRebuild } from './reproduce/rebuild.commands.ts';
import { rebuildsOf, type RebuildRow } from './reproduce/rebuild.store.ts';
import { reproductionsOf, type ReproductionRow } from './reproduce/reproduction.store.ts';
import { revokeArtifact } from './revoke.commands.ts';
import { readEnvelope } from './recorded/kept.queries.ts';
import type { Digest } from '../kernel/digest.ts';

export const artifactRoutes: readonly Mounted[] = [
  ...recordedRoutes,
  mount(importRoute, ({ tx, actor, body }) => importAdvisories(tx, actor, body.records)),
  mount(exploitedRoute, ({ tx, actor, body }) => importExploited(tx, actor, body)),
  mount(importPackageNews, ({ tx, actor, body }) => importNews(tx, actor, body.packages)),
  mount(contract.listArtifacts, async ({ tx, query, visible }) => buildPage(tx, query, await visible())),

  mount(contract.getArtifact, async ({ tx, params, visible }) => artifactView(tx, params.digest, await visible())),

  mount(contract.getArtifactBytes, async ({ tx, params, visible }) => {
    await artifactView(tx, params.digest, await visible());
    const { name, size, stream } = await openArtifactIn(tx, params.digest as Digest);
    return { stream, fileName: `${name}.tar.gz`, headers: { 'content-length': String(size) } };
  }),

  mount(contract.getArtifactSbom, async ({ tx, params, visible }) => {
    const view = await artifactView(tx, params.digest, await visible());
    const sbom = view.attestations.find((one) => one.kind === 'sbom');
    if (sbom === undefined) throw noAttestation({ digest: params.digest, kind: 'SBOM' });
    return {
      stream: await tx.floor.blobs.read(sbom.document as Digest, contract.getArtifactSbom.answer.limit),
      fileName: `${view.name}.cdx.json`,
    };
  }),

  mount(contract.getArtifactFiles, async ({ floor, actor, params, visible }) => {
    const { kept } = await floor.db.read(actor.org, async (tx) => artifactView(tx, params.digest, await visible(tx)));
    if (!kept) return { items: [], complete: false, why: 'its bytes lie elsewhere' };
    return filesOf(await openArtifact(floor, actor.org, params.digest as Digest));
  }),

  mount(contract.getArtifactAttestations, async ({ tx, params, visible }) => {
    const shown = new Set((await artifactView(tx, params.digest, await visible())).attestations.map((one) => one.id));
    const items = (await attestationsOf(tx, params.digest)).filter((one) => shown.has(one.id));
    return {
      items: await Promise.all(
        items.map(async (one) => ({ ...attestationView(one), envelope: mutable(await readEnvelope(tx, one.envelope)) })),
      ),
    };
  }),

  mount(contract.listReproductions, async ({ tx, params, visible }) => {
    await artifactView(tx, params.digest, await visible());
    const rebuilds = (await rebuildsOf(tx, params.digest)).map(rebuildView);
    return { items: (await reproductionsOf(tx, params.digest)).map(reproductionView), rebuilds };
  }),

  mount(contract.compareReproduction, async ({ floor, actor, params, body, visible, must }) => {
    await floor.db.read(actor.org, async (tx) => {
      for (const on of await makersOf(tx, params.digest, await visible(tx))) await must('run.start', on, tx);
    });
    return reproductionView(await compareRebuild(floor, actor, params.digest as Digest, body.run));
  }),

  mount(contract.rebuildArtifact, async ({ floor, actor, params, body, headers, visible, must }) => {
    await floor.db.read(actor.org, async (tx) => {
      for (const on of await makersOf(tx, params.digest, await visible(tx))) await must('run.start', on, tx);
    });
    const order = { digest: params.digest as Digest, anyRunner: body.anyRunner, key: headers.get('idempotency-key') };
    return rebuildView(await askRebuild(floor, actor, order));
  }),

  mount(contract.revokeArtifact, async ({ tx, params, body, actor, must }) => {
    const services = [...new Set((await buildsOf(tx, params.digest)).map((build) => build.service))];
    if (services.length === 0) throw noSuchArtifact({ digest: params.digest });
    for (const id of services) {
      const service = await serviceById(tx, id);
      await must('artifact.revoke', service === null ? {} : { service: service.name, team: service.team });
    }
    await revokeArtifact(tx, actor, {
      digest: params.digest,
      reason: body.reason,
      service: services.length === 1 ? (services[0] ?? null) : null,
    });
    return artifactView(tx, params.digest, 'all');
  }),
];

function mutable(
  envelope: Awaited<ReturnType<typeof readEnvelope>>,
): { payloadType: string; payload: string; signatures: { keyid: string; sig: string }[] } | null {
  return envelope === null ? null : { ...envelope, signatures: envelope.signatures.map((one) => ({ ...one })) };
}

function rebuildView({ id, digest, run, anyRunner, state, why, reproduction, requestedBy, at }: RebuildRow): contract.RebuildView {
  return { id, digest, run, anyRunner, state, why, reproduction, requestedBy, at };
}

function reproductionView({
  id,
  digest,
  otherDigest,
  same,
  runners,
  builtOn,
  rebuiltOn,
  causes,
  requestedBy,
  at,
}: ReproductionRow): contract.ReproductionView {
  const shown = causes.map(({ cause, count, paths, why }) => ({ cause, count, paths: [...paths], why: [...why] }));
  return { id, digest, other: otherDigest, same, runners, builtOn, rebuiltOn, causes: shown, requestedBy, at };
}
