import { system } from '../../kernel/actor.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Service } from '../../catalog/service.ts';
import { serviceById, servicesWithRepository } from '../../catalog/catalog.queries.ts';
import type { Commit } from '../../host/git.ts';
import { listHeads, readCommits } from '../../host/git.run.ts';
import type { Floor, Reaction, Sweeper, Task, Tx } from '../../platform/floor.ts';
import { createRun, type RunOrder } from '../engine/runs.commands.ts';
import { changeMerged } from '../pipelines.events.ts';
import { trustOf } from '../trust.ts';
import { headChanges, worthRunning, type HeadChange } from './heads.ts';
import { mirrorOf, refresh, remoteHeads } from './mirror.commands.ts';
import { preparePush } from './prepare.commands.ts';
import {
  dueSources,
  ensureSource,
  findSource,
  forgetHeads,
  headsOf,
  insertCommits,
  lockSource,
  markChecked,
  saveHeads,
  type SourceRow,
} from './source.store.ts';

/** Most commits of one change that are read; a release that spans more is told to be incomplete. */
const HISTORY_LIMIT = 20_000;
/** Changed refs that one look acts on; the others follow in the next. */
const REFS_AT_ONCE = 50;
/** Refs that git is asked about at the same time. */
const REFS_TOGETHER = 8;
const LONGEST_PAUSE_MS = 10 * 60_000;
const ACTOR = 'sources';

type Looked = { readonly source: SourceRow; readonly services: readonly Service[]; readonly heads: ReadonlyMap<string, string> };

/**
 * Looks at a repository and acts on what moved since the last look: state comes from its heads, never from the events
 * that made us look. `poll`: ask for the heads first, and fetch only where they differ.
 */
export async function syncSource(
  floor: Floor,
  org: string,
  id: string,
  options: { readonly poll: boolean; readonly heardAt: Instant | null },
): Promise<void> {
  const looked = await floor.db.read(org, (tx) => look(tx, id));
  if (looked === null || looked.services.length === 0) {
    await floor.db.tx(org, async (tx) =>
      markChecked(tx, id, { dueAt: plus(await tx.now(), floor.config.pollMs), checkedAt: null, error: null }),
    );
    return;
  }
  const { source } = looked;
  if (options.poll && source.checked_at !== null) {
    const { moved, gone } = headChanges(looked.heads, await remoteHeads(floor, org, source.url));
    if (moved.length === 0 && gone.length === 0) return checked(floor, org, id, null);
  }
  await refresh(floor, org, id, source.url);
  const heads = await listHeads(mirrorOf(floor, id));
  const { moved, gone } = headChanges(looked.heads, heads);
  const first = source.checked_at === null;
  const past = first ? await readCommits(mirrorOf(floor, id), { all: true, limit: HISTORY_LIMIT }) : [];
  const now = moved.slice(0, first ? moved.length : REFS_AT_ONCE);
  const changes: Change[] = [];
  for (let at = 0; at < now.length; at += REFS_TOGETHER) {
    changes.push(
      ...(await Promise.all(now.slice(at, at + REFS_TOGETHER).map((change) => readChange(floor, looked, change, options.heardAt)))),
    );
  }
  await floor.db.tx(org, (tx) => act(tx, source, changes, gone, past));
  if (now.length < moved.length) await floor.db.tx(org, (tx) => tx.wake(syncTask.name, id, { source: id, poll: false, heardAt: null }));
}

async function look(tx: Tx, id: string): Promise<Looked | null> {
  const source = await findSource(tx, id);
  if (source === null) return null;
  const services = (await servicesWithRepository(tx)).filter((service) => service.repository?.url === source.url);
  return { source, services, heads: await headsOf(tx, id) };
}

type Change = { readonly head: HeadChange; readonly commits: readonly Commit[]; readonly orders: readonly RunOrder[] };

/** Everything that git must be asked about one moved ref, before any transaction begins. */
async function readChange(floor: Floor, looked: Looked, head: HeadChange, heardAt: Instant | null): Promise<Change> {
  const { source, services, heads } = looked;
  const mirror = mirrorOf(floor, source.id);
  const branches = services.flatMap((service) => (service.repository === null ? [] : [service.repository.branch]));
  if (worthRunning([head], source.checked_at === null, branches).length === 0) return { head, commits: [], orders: [] };
  // A new branch brings only what the protected branch doesn't have.
  const known = head.before ?? branches.map((branch) => heads.get(`refs/heads/${branch}`)).find((commit) => commit !== undefined) ?? null;
  const at = heardAt ?? (await floor.db.read(source.org_id, (tx) => tx.now()));
  const origin = { source, mirror, commit: head.commit, ref: head.ref, heardAt: at };
  const [commits, orders] = await Promise.all([
    historyOf(mirror, known, head.commit),
    Promise.all(services.map((service) => preparePush(floor, { ...origin, service, trust: trustOfPush(service, head.ref) }, head.before))),
  ]);
  return { head, commits, orders: orders.filter((order) => order !== null) };
}

async function historyOf(mirror: string, from: string | null, to: string): Promise<readonly Commit[]> {
  const range = from === null ? {} : { from };
  // A head that was forced away may be gone from the mirror: then everything behind the new one is read.
  return readCommits(mirror, { ...range, to, limit: HISTORY_LIMIT }).catch(() => readCommits(mirror, { to, limit: HISTORY_LIMIT }));
}

function trustOfPush(service: Service, ref: string): ReturnType<typeof trustOf> {
  const protectedBranch = service.repository?.branch ?? '';
  return trustOf({ ref, protectedBranch, onProtected: ref === `refs/heads/${protectedBranch}`, onBranch: true });
}

/** Acts on what was read, where nobody else has: each ref only if it still stands where we saw it. */
async function act(tx: Tx, source: SourceRow, changes: readonly Change[], gone: readonly string[], past: readonly Commit[]): Promise<void> {
  const locked = await lockSource(tx, source.id);
  if (locked === null) return;
  const heads = await headsOf(tx, source.id);
  const fresh = changes.filter(({ head }) => (heads.get(head.ref) ?? null) === head.before);
  if (fresh.length > 0) {
    await saveHeads(
      tx,
      source.id,
      fresh.map(({ head }) => head),
    );
  }
  await forgetHeads(tx, source.id, gone);
  await insertCommits(tx, source.id, past);
  const actor = system(tx.org, ACTOR);
  for (const { head, commits, orders } of fresh) {
    await insertCommits(tx, source.id, commits);
    if (head.ref.startsWith('refs/heads/') && (head.before !== null || orders.length > 0)) {
      const ids = commits.map((commit) => commit.id);
      const body = {
        repository: source.url,
        ref: head.ref,
        before: head.before,
        commit: head.commit,
        commits: ids.slice(0, 1000),
        more: Math.max(0, ids.length - 1000),
      };
      await tx.record(changeMerged, { subject: source.id, actor, body });
    }
    for (const order of orders) await createRun(tx, actor, order);
  }
  const now = await tx.now();
  await markChecked(tx, source.id, { dueAt: plus(now, tx.floor.config.pollMs), checkedAt: now, error: null });
}

async function checked(
  floor: Floor,
  org: string,
  id: string,
  failure: { readonly error: string; readonly failures: number } | null,
): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    const now = await tx.now();
    const pause =
      failure === null ? floor.config.pollMs : Math.min(LONGEST_PAUSE_MS, floor.config.pollMs * 2 ** Math.min(10, failure.failures));
    await markChecked(tx, id, { dueAt: plus(now, pause), checkedAt: failure === null ? now : null, error: failure?.error ?? null });
  });
}

/** Looks at one repository. One that can't be reached is noted on its row and looked at again, later each time. */
export const syncTask: Task = {
  name: 'pipelines.sync',
  async run(floor, payload, org) {
    const id = String(payload['source']);
    const heardAt = typeof payload['heardAt'] === 'string' ? payload['heardAt'] : null;
    try {
      await syncSource(floor, org, id, { poll: payload['poll'] === true, heardAt });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const failures = (await floor.db.read(org, (tx) => findSource(tx, id)))?.failures ?? 0;
      floor.log.warn({ source: id, code: error.code }, error.sentence);
      await checked(floor, org, id, { error: error.sentence.slice(0, 1000), failures });
    }
  },
};

/** Polls sources that are due, whatever hooks say. */
export const sourceSweeper: Sweeper = {
  name: 'pipelines.sources',
  async sweep(tx) {
    const now = await tx.now();
    for (const { id, org } of await dueSources(tx, now)) await tx.wake(syncTask.name, id, { source: id, poll: true, heardAt: null, org });
  },
};

/** A service of the catalog was added or changed: its repository is watched from now on. */
export const watchRepository: Reaction = {
  name: 'pipelines.watch-repository',
  async run(floor, fact) {
    await floor.db.tx(fact.org, async (tx) => {
      const service = await serviceById(tx, fact.subject);
      if (service?.repository == null) return;
      const source = await ensureSource(tx, service.repository.url);
      await tx.wake(syncTask.name, source.id, { source: source.id, poll: false, heardAt: null });
    });
  },
};
