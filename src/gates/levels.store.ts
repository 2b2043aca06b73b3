import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { requirementsSchema, type RequirementsDocument, type WrittenRequirements } from './policy/requirements.ts';

/** The name under which the organisation's minimum is kept among the versions of policies. */
export const MINIMUM = 'minimum';

/** The name under which what a team asks is kept. */
export function ofTeam(teamId: string): string {
  return `team:${teamId}`;
}

/** The id of the team that a level is of, or null: it is the minimum, or a policy. */
export function teamOf(name: string): string | null {
  return name.startsWith('team:') ? name.slice('team:'.length) : null;
}

/** Whether a name is that of a level and not of a policy. */
export function isLevel(name: string): boolean {
  return name === MINIMUM || name.startsWith('team:');
}

type Row = {
  version: number;
  document: RequirementsDocument;
  source: string;
  digest: string;
  actor: string;
  person_id: string | null;
  at: Instant;
};

/** What a level asks, as it was saved. */
export type StoredLevel = {
  readonly version: number;
  readonly written: WrittenRequirements;
  readonly source: string;
  readonly digest: string;
  readonly by: string | null;
  readonly actor: string;
  readonly at: Instant;
};

/** A version of what a level asks (null: the newest). Null where it asks nothing yet, which is version 1, or never had that version. */
export async function levelAt(tx: Tx, name: string, version: number | null): Promise<StoredLevel | null> {
  const row = await tx.maybe<Row>(
    `select * from policy_version where org_id = $3 and name = $1 and ($2::int is null or version = $2) order by version desc limit 1`,
    [name, version, tx.org],
  );
  return row === null ? null : stored(row);
}

/** Every version of what a level asks, oldest first. */
export async function levelVersions(tx: Tx, name: string): Promise<StoredLevel[]> {
  const rows = await tx.query<Row>(`select * from policy_version where org_id = $2 and name = $1 order by version limit 1000`, [
    name,
    tx.org,
  ]);
  return rows.map(stored);
}

/** Keeps what a repository asks at a commit; null: its file is larger than is read. What is known of a commit stays as it is. */
export async function keepRepositoryRules(
  tx: Tx,
  kept: { readonly serviceId: string; readonly commit: string; readonly source: string | null },
): Promise<void> {
  await tx.write(
    `insert into repository_rules (org_id, service_id, commit_id, source, at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [tx.org, kept.serviceId, kept.commit, kept.source, await tx.now()],
  );
}

/** What a repository asks at a commit, or null where its commit has no such file, or no release was made of it. */
export async function repositoryRulesAt(tx: Tx, serviceId: string, commit: string): Promise<{ readonly source: string | null } | null> {
  return tx.maybe<{ source: string | null }>(
    `select source from repository_rules where org_id = $1 and service_id = $2 and commit_id = $3`,
    [tx.org, serviceId, commit],
  );
}

function stored(row: Row): StoredLevel {
  const { version, document, source, digest, person_id: by, actor, at } = row;
  return { version, written: requirementsSchema.parse(document), source, digest, by, actor, at };
}
