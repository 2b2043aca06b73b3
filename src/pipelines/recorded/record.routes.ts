import * as contract from '../../contract/record.ts';
import * as uploads from '../../contract/uploads.ts';
import type { Digest } from '../../kernel/digest.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import { beginUpload, putPart, storedWhole } from './upload.commands.ts';
import { recordArtifact, recordBuild, recordReport, type About, type RecordPorts } from './record.commands.ts';

type Named = {
  service: string;
  system: string;
  id: string;
  attempt: number;
  url?: string | undefined;
  commit: string;
  ref?: string | undefined;
};

/** What a foreign CI tells of its builds. Bytes are stored before the transaction; a broken upload leaves nothing behind. */
export function recordRoutes(ports: RecordPorts): readonly Mounted[] {
  return [
    mount(contract.recordBuild, async ({ floor, actor, body }) => {
      const said = { job: body.job ?? null, state: body.state, startedAt: body.startedAt ?? null, finishedAt: body.finishedAt ?? null };
      const { run, fresh, trust, job } = await recordBuild(floor, actor, aboutOf(body), said);
      return { run: run.id, fresh, trust, state: run.state, job };
    }),
    mount(contract.recordArtifact, async ({ floor, actor, query, body }) => {
      const { limit } = contract.recordArtifact.body;
      const expect = query.digest === undefined ? {} : { expect: query.digest as Digest };
      const { digest, size } = await floor.blobs.put(body as unknown as AsyncIterable<Uint8Array>, { limit, ...expect });
      const made = { job: query.job, name: query.name, digest, size, kept: true, reference: null };
      const { run, fresh, trust } = await recordArtifact(floor, actor, aboutOf(query), made, ports);
      return { run: run.id, fresh, trust, name: query.name, digest, size, kept: true };
    }),
    mount(uploads.beginUpload, async ({ floor, actor, body }) => beginUpload(floor, actor, { ...body, digest: body.digest as Digest })),
    mount(uploads.putUploadPart, async ({ floor, actor, params, query, body }) => {
      const at = { service: params.service, digest: params.digest as Digest, offset: query.offset };
      return putPart(floor, actor, at, body as unknown as AsyncIterable<Uint8Array>);
    }),
    mount(uploads.recordStoredArtifact, async ({ floor, actor, body }) => {
      const digest = body.digest as Digest;
      const size = await storedWhole(floor, actor, body.service, digest);
      const made = { job: body.job, name: body.name, digest, size, kept: true, reference: null };
      const { run, fresh, trust } = await recordArtifact(floor, actor, aboutOf(body), made, ports);
      return { run: run.id, fresh, trust, name: body.name, digest, size, kept: true };
    }),
    mount(contract.recordArtifactDigest, async ({ floor, actor, body }) => {
      const digest = body.digest as Digest;
      const made = { job: body.job, name: body.name, digest, size: 0, kept: false, reference: body.reference ?? null };
      const { run, fresh, trust } = await recordArtifact(floor, actor, aboutOf(body), made, ports);
      return { run: run.id, fresh, trust, name: body.name, digest, size: 0, kept: false };
    }),
    mount(contract.recordReport, async ({ floor, actor, query, body }) => {
      const { limit } = contract.recordReport.body;
      const { digest } = await floor.blobs.put(body as unknown as AsyncIterable<Uint8Array>, { limit });
      const { job, kind, name = job === 'build' ? kind : `${job} ${kind}` } = query;
      const bound = { forArtifact: query.artifact ?? null, forDigest: (query.digest as Digest | undefined) ?? null };
      const told = { job, kind, name, path: query.path ?? name, digest, ...bound };
      const { run, fresh, trust, jobId } = await recordReport(floor, actor, aboutOf(query), told, ports);
      const report = await ports.reports.find?.(floor, actor.org, { job: jobId, attempt: 1, kind, name });
      return { run: run.id, fresh, trust, kind, name, digest, report: report ?? null };
    }),
  ];
}

function aboutOf({ service, system, id, attempt, url, commit, ref }: Named): About {
  return { service, external: { system, id, attempt }, url: url ?? null, commit, ref: ref ?? null };
}
