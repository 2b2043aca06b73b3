import { environmentsInOrder } from '../../catalog/catalog.queries.ts';
import type { Service } from '../../catalog/service.ts';
import type { Tx } from '../../platform/floor.ts';
import { adoptionOf, LEVEL_WORDS, type Adoption } from './adoption.ts';

type Newest = {
  recorded: boolean;
  trust: string;
  artifacts: number;
  tests: boolean;
  sbom: boolean;
  witnessed: boolean;
};
type Last = { external: boolean; asked: boolean; admitted: boolean; verified: boolean };

/** How far a service has come, and what the next step is: five questions, whatever its history. */
export async function adoptionView(tx: Tx, service: Service): Promise<Adoption & { readonly service: string; readonly words: string }> {
  const production = (await environmentsInOrder(tx)).findLast((one) => one.kind === 'production') ?? null;
  const counts = await tx.one<{ builds: number; releases: number }>(
    `select (select count(*) from (select 1 from run where service_id = $1 limit 1000) as r)::int as builds,
       (select count(*) from (select 1 from release where service_id = $1 limit 1000) as r)::int as releases`,
    [service.id],
  );
  const newest = await tx.maybe<Newest>(
    `select run.origin = 'recorded' as recorded, run.trust,
       (select count(*) from artifact_build b where b.run_id = run.id)::int as artifacts,
       exists (select from report r where r.service_id = run.service_id and r.commit_id = run.commit_id and r.state = 'ok' and r.summary ? 'tests') as tests,
       exists (select from report r where r.service_id = run.service_id and r.commit_id = run.commit_id and r.state = 'ok' and r.summary ? 'sbom')
         or exists (select from attestation a join artifact_build b on b.id = a.build_id where b.run_id = run.id and a.kind = 'sbom') as sbom,
       run.origin = 'own' or exists (select from recorded_word w where w.run_id = run.id and w.told ->> 'via' = 'workload')
         or exists (select from recorded_attestation t join artifact_build b on b.digest = t.digest and b.service_id = t.service_id where b.run_id = run.id) as witnessed
     from run where service_id = $1 and state = 'succeeded' order by queued_at desc, id desc limit 1`,
    [service.id],
  );
  const last =
    production === null
      ? null
      : await tx.maybe<Last>(
          `select external is not null as external, coalesce((external ->> 'asked')::boolean, external is null) as asked,
             coalesce((external ->> 'admitted')::boolean, external is null) as admitted,
             exists (select from verification v where v.deployment_id = deployment.id and v.verdict = 'passed') as verified
           from deployment where service_id = $1 and environment_id = $2 and started_at is not null order by started_at desc, id desc limit 1`,
          [service.id, production.id],
        );
  const ours = await tx.one<{ agent: boolean; shipped: boolean }>(
    `select exists (select from agent where revoked_at is null and (name = $3 or $3 = any(labels))) as agent,
       exists (select from deployment where service_id = $1 and environment_id = $2 and external is null and state = 'succeeded') as shipped`,
    [service.id, production?.id ?? '', production?.agent ?? ''],
  );
  const adoption = adoptionOf({
    service: service.name,
    repository: service.repository !== null,
    observeOnly: service.observeOnly,
    ...counts,
    newest,
    production: production?.name ?? null,
    deployment: last,
    run: service.run !== null,
    ours: production !== null && production.deployedBy === 'yardmaster' && !service.observeOnly,
    agent: ours.agent,
    shippedByUs: ours.shipped,
  });
  return { service: service.name, ...adoption, words: LEVEL_WORDS[adoption.level] };
}
