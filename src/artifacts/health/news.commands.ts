import type { Actor } from '../../kernel/actor.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { packageNewsImported } from '../artifacts.events.ts';
import { keepNews, type KeptNews } from './contents.store.ts';

/** Takes what registries say of packages; what they said before is replaced. Answers how many of them said something new. */
export async function importNews(tx: Tx, actor: Actor, packages: readonly KeptNews[]): Promise<{ taken: number; unchanged: number }> {
  const at = await tx.now();
  const byName = new Map(packages.map((one) => [one.package, one]));
  const told: [string, string][] = [];
  for (const one of [...byName.values()].toSorted((a, b) => (a.package < b.package ? -1 : 1))) {
    const digest = digestOfValue(one);
    if (await keepNews(tx, one, digest, at)) told.push([one.package, digest]);
  }
  if (told.length > 0)
    await tx.record(packageNewsImported, { subject: tx.org, actor, body: { taken: told.length, packages: digestOfValue(told) } });
  return { taken: told.length, unchanged: packages.length - told.length };
}
