import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { system } from '../../kernel/actor.ts';
import { describedBy } from '../connections/described.fixture.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { newestInventory, repositoriesIn } from './inventory.store.ts';
import { presetAsks } from './preset-policy.ts';
import { markdownOf, reportOf } from './report.ts';
import { inventoryTask, takeInventory } from './take.work.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const api = describedBy('github.com/api.github.com.json');
const wrong: string[] = [];
const CI = `
on: push
jobs:
  test: { steps: [{ uses: 'actions/checkout@v4' }, { run: npm test }] }
  prod: { environment: production, steps: [{ run: helm upgrade shop . }] }
`;
const HOSTILE = '<img src=x onerror=alert(1)>|`$(id)`';

/** A GitHub with 23 repositories, one of which is in trouble and one of which is called what nobody should be. */
function github(heard: Heard): Says {
  wrong.push(...api.wrong(heard));
  if (heard.path === '/installation/repositories') return { status: 403, json: {} };
  if (heard.path === '/user/repos')
    return {
      json: Array.from({ length: 23 }, (_, index) => ({
        id: index,
        full_name: `acme/r${index}`,
        clone_url: `https://github.com/acme/r${index}.git`,
        default_branch: 'main',
      })),
    };
  const [, name = '', rest = ''] = /^\/repos\/acme\/(r\d+)\/(.+)$/.exec(heard.path) ?? [];
  if (name === 'r7') return { status: 500, json: {} };
  if (rest === 'contents/')
    return {
      json: [
        { type: 'file', path: 'package.json' },
        { type: 'dir', path: '.github' },
      ],
    };
  if (rest === 'contents/.github/workflows') return { json: [{ type: 'file', path: '.github/workflows/ci.yml' }] };
  if (rest === 'contents/.github/workflows/ci.yml')
    return { text: name === 'r3' ? 'a: [' : name === 'r4' ? CI.replace('prod:', `'${HOSTILE}':`) : CI };
  if (rest === 'environments')
    return {
      json: {
        total_count: 1,
        environments: [{ name: 'production', protection_rules: [{ type: 'required_reviewers', reviewers: [{}, {}] }] }],
      },
    };
  if (rest === 'branches/main') return { json: { name: 'main', protected: name !== 'r5' } };
  return { status: 404, json: {} };
}

test('an inventory is taken piece by piece, goes on after a kill, and says what it could not find out', async () => {
  await connected(floor, 'github', github);
  const id = await floor.db.tx(floor.org, (tx) => takeInventory(tx, system(floor.org, 'test')));
  const newest = (whole: boolean) => floor.db.read(floor.org, (tx) => newestInventory(tx, whole));
  // Each run of the work is what one server did before it was killed.
  for (let round = 0; round < 6 && (await newest(true)) === null; round += 1) await inventoryTask.run(floor, { inventory: id }, floor.org);
  expect(await newest(true)).toMatchObject({ id, faults: [] });
  const rows = await floor.db.read(floor.org, (tx) => repositoriesIn(tx, id));
  expect(rows).toHaveLength(23);
  const repositories = rows.map(({ name, url, branch, found }) => ({
    name,
    url,
    branch,
    services: [],
    ...(found ?? { pipelines: [], environments: null, branchProtected: null, fault: 'no' }),
  }));
  const report = reportOf({ at: '2026-06-01T00:00:00.000Z', repositories, faults: [] }, presetAsks, { policy: 'standard', tier: 2 });
  const of = (name: string) =>
    Object.fromEntries(
      report.judged.find(({ repository }) => repository === name)?.standing.map(({ what, answer }) => [what, answer]) ?? [],
    );
  expect(of('acme/r1')).toMatchObject({
    tests: 'yes',
    sbom: 'no',
    approval: 'yes',
    environments: 'yes',
    'protected-branch': 'yes',
    'pinned-parts': 'no',
    'environment-before': 'no',
  });
  expect(of('acme/r5')).toMatchObject({ 'protected-branch': 'no' });
  // What could not be read, or not asked, is a question and no answer.
  expect(of('acme/r3')).toMatchObject({ tests: 'unknown', sbom: 'unknown' });
  expect(rows.find(({ name }) => name === 'acme/r7')?.found?.fault).toMatch(/500/);
  expect(report.totals).toMatchObject({ repositories: 23, pipelines: 22, unreadable: 1 });
  expect(report.clusters[0]?.repositories.length).toBe(21);
  const markdown = markdownOf(report);
  expect(markdown).not.toContain('<img');
  expect(wrong).toEqual([]);
});
