/**
 * The SQL condition that no legal hold covers a row: none over the organisation, its service or its run. The arguments
 * are column expressions of our own code, never values.
 */
export function notHeld(org: string, service: string, run: string): string {
  return `not ${isHeld(org, service, run)}`;
}

/** The other way round. A hold over an artifact is over its bytes alone, and is asked for where those are. */
export function isHeld(org: string, service: string, run: string): string {
  return `exists (select 1 from legal_hold held where held.org_id = ${org} and held.lifted_at is null and held.artifact_digest is null
    and (held.service_id is null or held.service_id = ${service}) and (held.run_id is null or held.run_id = ${run}))`;
}
