import { expect, test } from 'vitest';
import { fitOf } from './dependencies.ts';

const places = (range: string | null, version: string | null) =>
  fitOf({ service: 'db', range }, new Map(version === null ? [] : [['prod', version]]), ['prod']).places[0]?.fits;

test.each([
  ['^1.0.0', '1.4.0', 'yes'],
  ['^1.0.0', '2.0.0', 'no'],
  ['^1.0.0', '1.5.0-rc.1', 'yes'],
  ['^1.0.0', null, 'no'],
  [null, 'anything', 'yes'],
  [null, null, 'no'],
  ['^1.0.0', 'latest', 'unclear'],
  ['not a range', '1.0.0', 'unclear'],
] as const)('%s of %s fits: %s', (range, version, fits) => {
  expect(places(range, version)).toBe(fits);
});

test('it is judged where the asking one runs, and a service that the catalog lost fits nowhere', () => {
  expect(
    fitOf(
      { service: 'db', range: null },
      new Map([
        ['dev', '1.0.0'],
        ['prod', '1.0.0'],
      ]),
      ['prod'],
    ).places,
  ).toEqual([{ environment: 'prod', version: '1.0.0', fits: 'yes' }]);
  expect(fitOf({ service: 'gone', range: null }, null, ['prod'])).toMatchObject({ exists: false, places: [{ version: null, fits: 'no' }] });
});
