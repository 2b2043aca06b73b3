import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { PolicyDocument } from './policy/document.ts';
import { policyDocumentSchema, policyFrom } from './policy/document.ts';
import type { Policy } from './policy/policy.ts';
import type { RequirementsDocument } from './policy/requirements.ts';
import { presetDocument } from './policy/presets.ts';

type Row = {
  version: number;
  document: PolicyDocument;
  source: string;
  digest: string;
  actor: string;
  person_id: string | null;
  at: Instant;
};
export type StoredPolicy = {
  readonly policy: Policy;
  readonly document: PolicyDocument;
  readonly source: string | null;
  readonly at: Instant | null;
  readonly by: string | null;
};

/** A version of a policy (null: the newest). Version 1 is the preset of the program. Null where there is no such policy or version. */
export async function policyAt(tx: Tx, name: string, version: number | null): Promise<StoredPolicy | null> {
  const row = await tx.maybe<Row>(
    `select * from policy_version where org_id = $3 and name = $1 and ($2::int is null or version = $2) order by version desc limit 1`,
    [name, version, tx.org],
  );
  if (row !== null)
    return { policy: read(row.document, row.version), document: row.document, source: row.source, at: row.at, by: row.person_id };
  const preset = version === null || version === 1 ? presetDocument(name) : null;
  return preset === null ? null : { policy: read(preset, 1), document: preset, source: null, at: null, by: null };
}

/** Every version that people made of a policy, oldest first; version 1, the preset, is not among them. 1,000 at most. */
export async function policyVersions(tx: Tx, name: string): Promise<StoredPolicy[]> {
  const rows = await tx.query<Row>(`select * from policy_version where org_id = $2 and name = $1 order by version desc limit 1000`, [
    name,
    tx.org,
  ]);
  return rows
    .toReversed()
    .map((row) => ({ policy: read(row.document, row.version), document: row.document, source: row.source, at: row.at, by: row.person_id }));
}

/** The newest version number, under the policy's lock. */
export async function lockedVersion(tx: Tx, name: string): Promise<number> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('policy ' || $1 || ' of ' || $2, 0))`, [name, tx.org]);
  const { version } = await tx.one<{ version: number | null }>(
    `select max(version) as version from policy_version where org_id = $2 and name = $1`,
    [name, tx.org],
  );
  return version ?? 1;
}

type NewVersion = {
  readonly name: string;
  readonly version: number;
  readonly document: PolicyDocument | RequirementsDocument;
  readonly source: string;
  readonly digest: string;
  readonly actor: string;
  readonly person: string | null;
  readonly at: Instant;
};

/** A new version of a policy, or of what a level asks. */
export async function insertVersion(tx: Tx, made: NewVersion): Promise<void> {
  const { name, version, document, source, digest, actor, person, at } = made;
  await tx.write(
    `insert into policy_version (org_id, name, version, document, source, digest, actor, person_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [tx.org, name, version, JSON.stringify(document), source, digest, actor, person, at],
  );
}

export type PolicyStep = {
  readonly person: string | null;
  readonly actor: string;
  readonly at: Instant;
  readonly before: Policy;
  readonly after: Policy;
};

/** Every change of a policy with what it was before and after, oldest first. */
export async function policyChanges(tx: Tx, name: string): Promise<readonly PolicyStep[]> {
  const preset = presetDocument(name);
  if (preset === null) return [];
  const rows = await tx.query<Row>(`select * from policy_version where org_id = $2 and name = $1 order by version`, [name, tx.org]);
  const policies = [read(preset, 1), ...rows.map((row) => read(row.document, row.version))];
  return rows.flatMap((row, index) => {
    const [before, after] = [policies[index], policies[index + 1]];
    return before === undefined || after === undefined ? [] : [{ person: row.person_id, actor: row.actor, at: row.at, before, after }];
  });
}

function read(document: PolicyDocument, version: number): Policy {
  return policyFrom(policyDocumentSchema.parse(document), version);
}
