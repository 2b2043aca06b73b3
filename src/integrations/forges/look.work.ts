import { Problem } from '../../kernel/problem.ts';
import type { ForgeSources, MergeRequestFact, PersonSeen, WatchedSource } from '../../pipelines/forge.port.ts';
import type { Floor, Task } from '../../platform/floor.ts';
import { callerAt, placeOf, type Place } from './at.system.ts';
import type { Login } from './forge-event.ts';
import type { MergeRequestNow } from './forge.ts';

/** Merge requests that one look at a repository asks for; the others follow at the next one. */
const AT_ONCE = 30;

/**
 * Looks at a repository at its forge: at one merge request (a webhook spoke of it) or at all that may have changed and the
 * protection of its branches (a poll, which finds what no webhook told). What is saved is what the forge says now.
 */
export function forgeLookTask(sources: ForgeSources): Task {
  return {
    name: 'forges.look',
    async run(floor, payload, org) {
      const id = String(payload['source']);
      const number = typeof payload['number'] === 'number' ? payload['number'] : null;
      const source = (await floor.db.read(org, (tx) => sources.watched(tx))).find((one) => one.id === id);
      const place = source === undefined ? null : await placeOf(floor, org, source.url);
      if (source === undefined || place === null) return;
      try {
        if (number === null) await lookAround(floor, org, sources, source, place);
        else await lookAt(floor, org, sources, source, place, number);
      } catch (error) {
        // It is kept with the connection, where people see it, and the next poll tries again.
        if (!(error instanceof Problem)) throw error;
        floor.log.warn({ source: id, code: error.code }, error.sentence);
      }
    },
  };
}

async function lookAt(
  floor: Floor,
  org: string,
  sources: ForgeSources,
  source: WatchedSource,
  place: Place,
  number: number,
): Promise<void> {
  const caller = await callerAt(floor, place);
  // Before it is asked: of two looks at once the one that began last saw what the other saw, or something newer.
  const at = await floor.db.read(org, (tx) => tx.now());
  const now = await place.forge.mergeRequest(caller, place.path, number);
  await floor.db.tx(org, (tx) => sources.save(tx, source.id, number, now === null ? null : factOf(now), at));
}

async function lookAround(floor: Floor, org: string, sources: ForgeSources, source: WatchedSource, place: Place): Promise<void> {
  const caller = await callerAt(floor, place);
  const [recent, known] = [await place.forge.recent(caller, place.path), await floor.db.read(org, (tx) => sources.known(tx, source.id))];
  const fresh = recent.filter((number) => !known.all.includes(number));
  for (const number of [...new Set([...known.open, ...fresh])].slice(0, AT_ONCE)) await lookAt(floor, org, sources, source, place, number);
  for (const branch of source.branches) {
    const at = await floor.db.read(org, (tx) => tx.now());
    const seen = await place.forge.protection(caller, place.path, branch);
    await floor.db.tx(org, (tx) => sources.protection(tx, source.id, branch, seen, at));
  }
}

/** What the pipelines keep of a merge request. */
export function factOf({ seen, reviews, authors, complete, fork }: MergeRequestNow): MergeRequestFact {
  const person = (role: PersonSeen['role'], { login, name, email, bot }: Login): PersonSeen => ({
    role,
    login,
    name,
    email,
    bot,
    review: null,
    commit: null,
    at: null,
  });
  return {
    number: seen.number,
    title: seen.title,
    state: seen.state,
    draft: seen.draft,
    sourceBranch: seen.source.branch,
    targetBranch: seen.target.branch,
    head: seen.source.commit,
    mergeCommit: seen.mergeCommit,
    headRef: seen.headRef,
    fork,
    labels: seen.labels,
    link: seen.link,
    complete,
    openedAt: seen.createdAt,
    changedAt: seen.updatedAt,
    people: [
      ...(seen.author === null ? [] : [person('opened', seen.author)]),
      ...authors.map((one) => person('wrote', one)),
      ...seen.reviewers.map((one) => person('asked', one)),
      ...reviews.map(({ reviewer, state, commit, at }) => ({ ...person('reviewed', reviewer), review: state, commit, at })),
    ],
  };
}
