import { artifactsOfCommit, artifactsOfRun } from '../artifacts/artifacts.queries.ts';
import { notesToMarkdown, withTickets, writeNotes } from '../artifacts/notes/notes.ts';
import { previewVersion, reserveVersion, type VersionPreview } from '../artifacts/version.api.ts';
import { isFresh } from '../artifacts/versions/next.ts';
import { environmentsInOrder } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { moveChange, openChange } from '../changes/changes.api.ts';
import { changeTypeOf } from '../changes/change-states.ts';
import { keysIn } from '../changes/ticket-keys.ts';
import { ticketsByKey } from '../changes/tickets.queries.ts';
import { policyFor } from '../gates/levels.queries.ts';
import { keepRepositoryRules } from '../gates/levels.api.ts';
import { resolvePolicy } from '../gates/policy/policy.ts';
import type { Actor } from '../kernel/actor.ts';
import { personBehind } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { runById, runsOfService } from '../pipelines/pipelines.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import type { HistoryPort } from './history.port.ts';
import type { ReleaseType, SchemaChange } from './plan.ts';
import { insertRelease, lockRelease, lockTarget, updateAbandoned } from './release.store.ts';
import { releaseAbandoned, releaseCreated } from './releases.events.ts';
import { abandoned, noRun, noSuchEnvironment, noSuchRelease, runNotReleasable, versionTaken } from './releases.problems.ts';
import { releaseById, type ReleaseRow } from './releases.queries.ts';

export type NewRelease = {
  readonly service: Service;
  readonly run: string | null;
  readonly commit: string | null;
  readonly type: ReleaseType;
  readonly version: string | null;
  readonly plan: 'continuous' | 'manual';
  /** Names of environments; null is all of them. */
  readonly targets: readonly string[] | null;
  /** What it does to the shape of data. */
  readonly schemaChange: SchemaChange['kind'];
};

type Ports = { readonly history: HistoryPort };

/** Makes a release of what a run built: an exact set of digests, a version, notes, an open change record, its targets. */
export async function createRelease(tx: Tx, actor: Actor, asked: NewRelease, ports: Ports): Promise<ReleaseRow> {
  const { service } = asked;
  const built = await builtBy(tx, asked);
  const targets = await targetsOf(tx, asked.targets);
  const wanted = await versionWanted(tx, service, built, ports);
  const version = await reserveVersion(tx, actor, { ...wanted, kind: asked.type, explicit: asked.version });
  const { from, because } = version.accounts;
  const plain = notesToMarkdown(writeNotes({ service: service.name, version: version.number, from: from?.tag ?? null }, because));
  const notes = withTickets(plain, await titlesOf(tx, plain, because));
  const id = tx.floor.newId('rel');
  const requestedBy = personBehind(actor);
  const byPolicy = await isByPolicy(tx, service, built.commit, wanted.at.policy ?? null, targets);
  const changeId = await openChange(tx, actor, {
    releaseId: id,
    serviceId: service.id,
    type: changeTypeOf(asked.type, byPolicy),
    requestedBy,
  });
  const createdAt = await tx.now();
  const row = {
    id,
    serviceId: service.id,
    versionName: version.number,
    type: asked.type,
    commit: built.commit,
    runId: built.run,
    digests: built.digests,
    changeId,
    plan: asked.plan,
    targets: targets.map((target) => target.name),
    schemaChange: { kind: asked.schemaChange, digest: null },
    notes,
    requestedBy,
    createdAt,
  };
  if (!(await insertRelease(tx, row))) throw versionTaken({ version: version.number });
  for (const target of targets) await lockTarget(tx, id, target.id, createdAt);
  await tellCreated(
    tx,
    actor,
    row,
    version.accounts.because.filter(isFresh).map((entry) => entry.commit),
  );
  return { ...row, state: 'open', held: null, version: 1 };
}

/** The titles of the tickets that its commits name, as far as they are known now; notes are written once. */
async function titlesOf(
  tx: Tx,
  notes: string,
  because: readonly { readonly subject: string }[],
): Promise<readonly { key: string; title: string }[]> {
  const keys = keysIn([...because.map(({ subject }) => subject), notes].join('\n'));
  const known = keys.length === 0 ? [] : await ticketsByKey(tx, keys);
  return keys.flatMap((key) => {
    const ticket = known.find((one) => one.key === key);
    return ticket === undefined ? [] : [{ key, title: ticket.title }];
  });
}

/** Whether no person has to approve it anywhere: asked with what the repository itself asks at the commit, which is kept from here on. */
async function isByPolicy(
  tx: Tx,
  service: Service,
  commit: string,
  file: { readonly source: string | null } | null,
  targets: Awaited<ReturnType<typeof targetsOf>>,
): Promise<boolean> {
  if (file !== null) await keepRepositoryRules(tx, { serviceId: service.id, commit, source: file.source });
  const policy = await policyFor(tx, service, commit);
  return targets.every((target) => resolvePolicy(policy, service.tier, target.kind).rules.approval === null);
}

/** What the version of a service at a commit is asked with. */
async function versionWanted(tx: Tx, service: Service, built: { commit: string; branch: string | null }, ports: Ports) {
  return {
    serviceId: service.id,
    name: service.name,
    path: service.repository?.path ?? '.',
    at: await ports.history.historyOf(tx, service, built.commit, built.branch),
    ...(service.repository === null ? {} : { trunk: service.repository.branch }),
  };
}

/** What the next release of a service would be called, and why: of what its newest run built, or of what is named. Nothing is given by it. */
export async function previewRelease(
  tx: Tx,
  asked: Pick<NewRelease, 'service' | 'run' | 'commit' | 'type'>,
  ports: Ports,
): Promise<VersionPreview & { readonly run: string; readonly commit: string }> {
  const built = await runToRelease(tx, asked);
  const wanted = await versionWanted(tx, asked.service, built, ports);
  return { ...(await previewVersion(tx, { ...wanted, kind: asked.type })), run: built.run, commit: built.commit };
}

async function tellCreated(
  tx: Tx,
  actor: Actor,
  row: Omit<ReleaseRow, 'state' | 'held' | 'version'>,
  commits: readonly string[],
): Promise<void> {
  const { versionName, type, commit, runId, digests, changeId, plan, targets, requestedBy, notes } = row;
  const told = {
    version: versionName,
    type,
    commit,
    run: runId,
    digests: [...digests],
    change: changeId,
    plan,
    targets: [...targets],
    requestedBy,
  };
  const body = { ...told, notesDigest: digestOf(notes), commits: commits.slice(0, 1000), more: Math.max(0, commits.length - 1000) };
  await tx.record(releaseCreated, { subject: row.id, actor, service: row.serviceId, body });
}

/** The run that is released. A run of another service, one that failed, or an untrusted one is refused. */
async function runToRelease(
  tx: Tx,
  { service, run, commit }: Pick<NewRelease, 'service' | 'run' | 'commit'>,
): Promise<{ run: string; commit: string; branch: string | null }> {
  const named = run ?? (commit === null ? await newestRunOf(tx, service.id) : await newestRun(tx, commit, service.id));
  if (named === null) throw noRun({ service: service.name });
  const found = await runById(tx, named);
  if (found === null || found.serviceId !== service.id) throw noRun({ service: service.name });
  const refuse = (why: string): never => {
    throw runNotReleasable({ run: named, why });
  };
  if (found.state !== 'succeeded') refuse(`it is ${found.state}`);
  if (found.trust === 'untrusted') refuse('it ran at the trust level untrusted');
  if (found.commit === null) refuse('it is of no commit');
  if (commit !== null && found.commit !== commit) refuse(`it is of the commit ${found.commit}`);
  const branch = found.ref?.startsWith('refs/heads/') === true ? found.ref.slice('refs/heads/'.length) : null;
  return { run: named, commit: found.commit ?? '', branch };
}

/** The run that is released, with what it yielded. */
async function builtBy(tx: Tx, asked: NewRelease): Promise<Awaited<ReturnType<typeof runToRelease>> & Pick<ReleaseRow, 'digests'>> {
  const built = await runToRelease(tx, asked);
  const digests = [
    ...new Set((await artifactsOfRun(tx, built.run)).filter((build) => build.service === asked.service.id).map((build) => build.digest)),
  ].sort();
  if (digests.length === 0) throw runNotReleasable({ run: built.run, why: 'it yielded no artifact' });
  return { ...built, digests };
}

/** The newest run of a service that succeeded and may be released. */
async function newestRunOf(tx: Tx, serviceId: string): Promise<string | null> {
  const runs = await runsOfService(tx, serviceId, { limit: 100 });
  return runs.find((run) => run.state === 'succeeded' && run.trust !== 'untrusted')?.id ?? null;
}

/** The newest run that succeeded among those that made something of this service from the commit. */
async function newestRun(tx: Tx, commit: string, serviceId: string): Promise<string | null> {
  const builds = (await artifactsOfCommit(tx, commit, serviceId)).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  for (const run of new Set(builds.map((build) => build.run))) if ((await runById(tx, run))?.state === 'succeeded') return run;
  return null;
}

async function targetsOf(tx: Tx, names: readonly string[] | null): ReturnType<typeof environmentsInOrder> {
  const all = await environmentsInOrder(tx);
  if (names === null) return all;
  const missing = names.find((name) => !all.some((one) => one.name === name));
  if (missing !== undefined) throw noSuchEnvironment({ environment: missing });
  return all.filter((one) => names.includes(one.name));
}

/** Gives a release up: it ships nowhere any more. What runs of it goes on running. `seen`: the row version it was decided on. */
export async function abandonRelease(tx: Tx, actor: Actor, id: string, reason: string, seen: number | null = null): Promise<ReleaseRow> {
  const row = await lockRelease(tx, id);
  if (row === null) throw noSuchRelease({ release: id });
  if (seen !== null && seen !== row.version) throw stale({ what: `The release ${row.versionName}` });
  if (row.state === 'abandoned' || (await updateAbandoned(tx, row)) === 0) throw abandoned({ release: id });
  await tx.record(releaseAbandoned, { subject: id, actor, service: row.serviceId, body: { reasonDigest: digestOf(reason) } });
  await moveChange(tx, actor, id, 'closed', { outcome: 'abandoned' });
  return (await releaseById(tx, id)) ?? row;
}
