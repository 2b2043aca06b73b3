import type { Actor } from '../../kernel/actor.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { advisoriesImported } from '../artifacts.events.ts';
import { badAdvisory } from '../artifacts.problems.ts';
import { advisorySchema, severityOf } from './advisory.ts';
import type { Advisory } from './advisory.ts';
import { keepAdvisory } from './advisory.store.ts';
import { keyOf } from './match.ts';

/** Looks at all artifacts that hold one of some packages again. */
export const REMATCH_TASK = 'artifacts.rematch';
/** Packages that one task looks for; of more there are several. */
const AT_ONCE = 500;

/**
 * Takes OSV records. One that is none refuses them all: half a list would read as nothing found. A record that is older
 * than the one we have is passed over. What holds a package that any of them speaks of, or spoke of, is matched again.
 */
export async function importAdvisories(tx: Tx, actor: Actor, records: readonly unknown[]): Promise<{ taken: number; unchanged: number }> {
  const advisories = records.map((record, at) => readOne(record, at));
  const at = await tx.now();
  const touched = new Set<string>();
  let taken = 0;
  for (const advisory of advisories.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const packages = packagesOf(advisory);
    const before = await keepAdvisory(tx, advisory, packages, severityOf(advisory), at);
    if (before === null) continue;
    taken += 1;
    for (const name of [...before, ...packages]) touched.add(name);
  }
  const all = [...touched].sort();
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const packages = all.slice(from, from + AT_ONCE);
    await tx.wake(REMATCH_TASK, digestOfValue(packages), { org: tx.org, packages });
  }
  if (taken > 0)
    await tx.record(advisoriesImported, {
      subject: tx.org,
      actor,
      body: { taken, records: digestOfValue(advisories.map(({ id, modified }) => [id, modified])) },
    });
  return { taken, unchanged: advisories.length - taken };
}

function readOne(record: unknown, at: number): Advisory {
  const read = advisorySchema.safeParse(record);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw badAdvisory(
    { at: at + 1, why: issue === undefined ? 'it is no advisory' : `${issue.path.join('.')}: ${issue.message}` },
    `body.records.${at}`,
  );
}

function packagesOf(advisory: Advisory): string[] {
  if (advisory.withdrawn != null) return [];
  const names = (advisory.affected ?? []).flatMap((one) =>
    one.package === undefined ? [] : [keyOf(one.package.ecosystem.split(':')[0] ?? '', one.package.name)],
  );
  return [...new Set(names)].sort();
}
