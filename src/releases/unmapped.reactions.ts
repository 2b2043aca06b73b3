import { noteUnmapped, type Seen } from '../identity/mapping/unmapped.api.ts';
import { commitsBetween } from '../pipelines/pipelines.queries.ts';
import type { Reaction } from '../platform/floor.ts';
import { commitBefore, releaseById } from './releases.queries.ts';

/** Addresses of a release's commits that map to nobody are listed for an admin, because nobody can approve beside an unknown author. */
export const unmappedAuthors: Reaction = {
  name: 'releases.note-unmapped-authors',
  run: async (floor, fact) => {
    await floor.db.tx(fact.org, async (tx) => {
      const release = await releaseById(tx, fact.subject);
      if (release === null) return;
      const { commits } = await commitsBetween(tx, release.serviceId, await commitBefore(tx, release.id), release.commit);
      const names = commits.flatMap(({ author, committer, coAuthors }): Seen[] => [
        ...(author === null ? [] : [{ host: null, value: author, role: 'author' as const }]),
        ...coAuthors.map((value) => ({ host: null, value, role: 'co-author' as const })),
        ...(committer === null ? [] : [{ host: null, value: committer, role: 'committer' as const }]),
      ]);
      await noteUnmapped(tx, names);
    });
  },
};
