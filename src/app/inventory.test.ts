import { expect, test } from 'vitest';
import { wantedBy } from '../integrations/inventory/inventory.ts';
import { changePolicy } from '../gates/policy.commands.ts';
import { testFloor } from '../testing/database.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { inventoryCatalog } from './inventory.ts';

const world = await releaseWorld(await testFloor());
const wanted = () =>
  world.tx(async (tx) => {
    const services = await inventoryCatalog.services(tx);
    const otherwise = await inventoryCatalog.otherwise(tx, { policy: 'standard', tier: 2 });
    return { shop: wantedBy(services.find(({ name }) => name === 'shop')!.asks), otherwise: wantedBy(otherwise) };
  });
const level = (name: string, title: string, check: string, rule: string) =>
  world.tx((tx) =>
    changePolicy(tx, world.people.root, {
      name,
      version: 1,
      source: JSON.stringify({
        title,
        checks: { [check]: { title, rule, remedy: 'Do it.', mode: 'block' } },
        requires: [{ environments: ['production'], checks: [check] }],
      }),
    }),
  );

test('a service is held against all that its levels ask, and what is no service yet against the minimum too', async () => {
  const before = await wanted();
  expect(before.shop).not.toContain('scans');
  await level('minimum', 'Ours', 'scanned', 'findings.counts.critical == 0');
  const minimum = await wanted();
  expect(minimum.shop).toContain('scans');
  expect(minimum.otherwise).toContain('scans');
  expect(minimum.shop).not.toContain('coverage');
  await level(`team:${world.shop.teamId}`, 'Web', 'covered', 'coverage.lines.percent >= 60');
  expect((await wanted()).shop).toContain('coverage');
});
