/**
 * Scores of CVSS 4.0 vectors (https://www.first.org/cvss/v4.0/specification-document, section 8): six equivalence classes
 * make a macro vector, a table gives its score, and the place of the vector within it takes something away.
 */
type Metric = keyof typeof LEVELS;

/** The values of each metric, the worst first; where one stands is how far it is from the worst. */
const LEVELS = {
  AV: 'NALP', PR: 'NLH', UI: 'NPA', AC: 'LH', AT: 'NP', VC: 'HLN', VI: 'HLN', VA: 'HLN', SC: 'SHLN', SI: 'SHLN', SA: 'SHLN', E: 'APU', CR: 'HML', IR: 'HML', AR: 'HML',
} as const; // prettier-ignore
const BASE = ['AV', 'AC', 'AT', 'PR', 'UI', 'VC', 'VI', 'VA', 'SC', 'SI', 'SA'] as const;
/** Metrics of threat and environment, and what they are taken for where nobody says: the worst. */
const DEFAULTS = { E: 'A', CR: 'H', IR: 'H', AR: 'H' } as const;
/** Metrics that say something beside the score. */
const BESIDE: Readonly<Record<string, string>> = { S: 'NP', AU: 'NY', R: 'AUI', V: 'DC', RE: 'LMH', U: 'Clear Green Amber Red' };

/**
 * Table 24 of the specification, in tenths: a row for each pair of the first two classes, in it the third (0, 1, 2), then the
 * fourth (0, 1, 2), the fifth (0, 1, 2) and the sixth (0, 1; with a third of 2 only 1).
 */
const TABLE: Readonly<Record<string, string>> = {
  '00': '100 99 98 95 95 92 100 96 93 87 91 81 93 90 89 80 81 68 98 95 95 92 90 84 93 92 89 81 81 65 88 80 78 70 69 48 92 82 72 79 69 50 69 55 27',
  '01': '99 97 95 92 92 85 95 91 90 83 84 71 92 81 82 71 72 53 95 93 92 85 85 73 92 82 80 72 70 59 84 70 71 52 50 30 86 75 52 71 52 29 63 29 17',
  '10': '98 95 94 87 91 81 94 89 86 74 77 64 87 75 74 63 63 49 94 89 88 77 76 67 86 76 74 58 59 50 72 57 57 52 52 25 83 70 54 65 58 26 53 21 13',
  '11': '95 90 88 76 76 70 90 77 75 62 61 53 77 66 68 59 52 30 89 78 76 67 62 58 74 59 57 57 47 23 61 52 57 29 24 16 71 59 30 58 26 15 23 13 6',
  '20': '93 87 86 72 75 58 86 74 74 61 56 34 70 54 52 40 40 22 85 75 74 55 62 51 72 57 55 41 46 19 53 36 34 19 19 8 64 51 20 47 21 11 24 9 4',
  '21': '88 75 73 53 60 50 73 55 59 40 41 20 54 43 45 22 20 11 75 55 58 45 40 21 61 51 48 18 20 9 46 18 17 7 8 2 53 24 14 24 12 5 10 3 1',
};
const SCORES: ReadonlyMap<string, number> = new Map(
  Object.entries(TABLE).flatMap(([pair, row]) => {
    const keys = [0, 1, 2].flatMap((third) =>
      [0, 1, 2].flatMap((fourth) =>
        [0, 1, 2].flatMap((fifth) => (third === 2 ? [1] : [0, 1]).map((sixth) => `${pair}${third}${fourth}${fifth}${sixth}`)),
      ),
    );
    return row.split(' ').map((tenths, at): [string, number] => [keys[at] ?? '', Number(tenths) / 10]);
  }),
);

/** The vectors of each class that nothing in it is worse than, and how many steps the class is deep (tables 25 to 29). */
const FIRST = [['N N N'], ['A N N', 'N L N', 'N N P'], ['P N N', 'A L P']];
const SECOND = [['L N'], ['H N', 'L P']];
const THIRD: Readonly<Record<string, readonly string[]>> = {
  '00': ['H H H H H H'],
  '01': ['H H L M M H', 'H H H M M M'],
  '10': ['L H H H H H', 'H L H H H H'],
  '11': ['L H L H M H', 'L H H H M M', 'H L H M H M', 'H L L M H H', 'L L H H H M'],
  '21': ['L L L H H H'],
};
const FOURTH = [['H S S'], ['H H H'], ['L L L']];
const DEPTHS = {
  first: [1, 4, 5],
  second: [1, 2],
  third: { '00': 7, '01': 6, '10': 8, '11': 8, '21': 10 } as Record<string, number>,
  fourth: [6, 5, 4],
};

/** The score of a CVSS 4.0 vector, or null where it is none. */
export function cvss4(vector: string): number | null {
  const of = read(vector);
  if (of === null) return null;
  if (['VC', 'VI', 'VA', 'SC', 'SI', 'SA'].every((metric) => of(metric as Metric) === 'N')) return 0;
  const [first, second, third, fourth, fifth, sixth] = classes(of);
  const at = (...six: number[]): number | undefined => SCORES.get(six.join(''));
  const score = at(first, second, third, fourth, fifth, sixth);
  if (score === undefined) return null;
  // The third and the sixth depend on each other; where both could go down, the way that takes less away is meant.
  const lower =
    third === 0 && sixth === 0
      ? Math.max(at(first, second, 0, fourth, fifth, 1) ?? NaN, at(first, second, 1, fourth, fifth, 0) ?? NaN)
      : sixth === 0
        ? at(first, second, third, fourth, fifth, 1)
        : at(first, second, third + 1, fourth, fifth, 1);
  const away: readonly (readonly [number | undefined, number, number])[] = [
    [at(first + 1, second, third, fourth, fifth, sixth), steps(of, ['AV', 'PR', 'UI'], FIRST[first]), DEPTHS.first[first] ?? 1],
    [at(first, second + 1, third, fourth, fifth, sixth), steps(of, ['AC', 'AT'], SECOND[second]), DEPTHS.second[second] ?? 1],
    [lower, steps(of, ['VC', 'VI', 'VA', 'CR', 'IR', 'AR'], THIRD[`${third}${sixth}`]), DEPTHS.third[`${third}${sixth}`] ?? 1],
    [at(first, second, third, fourth + 1, fifth, sixth), steps(of, ['SC', 'SI', 'SA'], FOURTH[fourth]), DEPTHS.fourth[fourth] ?? 1],
    [at(first, second, third, fourth, fifth + 1, sixth), 0, 1],
  ];
  const there = away.flatMap(([next, distance, depth]) => (next === undefined ? [] : [((score - next) * distance) / depth]));
  const mean = there.length === 0 ? 0 : there.reduce((sum, one) => sum + one, 0) / there.length;
  // Halves go up, also those that binary fractions put a hair below.
  return Math.round((Math.min(10, Math.max(0, score - mean)) + 1e-6) * 10) / 10;
}

/** What each metric counts as: modified where the environment says so. Null: it is no vector of version 4.0. */
function read(vector: string): ((metric: Metric) => string) | null {
  const [version, ...parts] = vector.split('/');
  if (version !== 'CVSS:4.0') return null;
  const said = new Map<string, string>();
  for (const part of parts) {
    const [name = '', value = '', ...rest] = part.split(':');
    if (rest.length > 0 || said.has(name) || !isValue(name, value)) return null;
    said.set(name, value);
  }
  if (BASE.some((metric) => !said.has(metric))) return null;
  return (metric) => {
    const modified = said.get(`M${metric}`) ?? 'X';
    const value = modified === 'X' ? (said.get(metric) ?? 'X') : modified;
    return value === 'X' ? ((DEFAULTS as Readonly<Record<string, string>>)[metric] ?? value) : value;
  };
}

function isValue(name: string, value: string): boolean {
  const own = (metric: string): string | undefined =>
    Object.hasOwn(LEVELS, metric) ? (LEVELS as Readonly<Record<string, string>>)[metric] : undefined;
  if (value.length === 1 && own(name)?.includes(value) === true) return value !== 'S' || !name.startsWith('S'); // Only the environment can say that somebody is hurt.
  if (Object.hasOwn(DEFAULTS, name)) return value === 'X';
  const base = name.slice(1);
  if (name.startsWith('M') && (BASE as readonly string[]).includes(base))
    return value === 'X' || (value.length === 1 && own(base)?.includes(value) === true && (value !== 'S' || base !== 'SC'));
  if (!Object.hasOwn(BESIDE, name)) return false;
  return (
    value === 'X' ||
    (name === 'U' ? BESIDE[name]?.split(' ').includes(value) === true : value.length === 1 && BESIDE[name]?.includes(value) === true)
  );
}

/** The six equivalence classes (tables 25 to 30). */
function classes(of: (metric: Metric) => string): [number, number, number, number, number, number] {
  const is = (...metrics: readonly [Metric, string][]): boolean[] => metrics.map(([metric, value]) => of(metric) === value);
  const open = is(['AV', 'N'], ['PR', 'N'], ['UI', 'N']);
  const first = open.every(Boolean) ? 0 : open.some(Boolean) && of('AV') !== 'P' ? 1 : 2;
  const second = is(['AC', 'L'], ['AT', 'N']).every(Boolean) ? 0 : 1;
  const [secret, whole, there] = is(['VC', 'H'], ['VI', 'H'], ['VA', 'H']);
  const third = secret === true && whole === true ? 0 : secret === true || whole === true || there === true ? 1 : 2;
  const fourth = is(['SI', 'S'], ['SA', 'S']).some(Boolean) ? 0 : is(['SC', 'H'], ['SI', 'H'], ['SA', 'H']).some(Boolean) ? 1 : 2;
  const fifth = Math.max(0, LEVELS.E.indexOf(of('E')));
  const [needsSecret, needsWhole, needsThere] = is(['CR', 'H'], ['IR', 'H'], ['AR', 'H']);
  const sixth =
    (needsSecret === true && secret === true) || (needsWhole === true && whole === true) || (needsThere === true && there === true) ? 0 : 1;
  return [first, second, third, fourth, fifth, sixth];
}

/** How many steps a vector is below the first of the worst ones that is worse in nothing. */
function steps(of: (metric: Metric) => string, metrics: readonly Metric[], worst: readonly string[] = []): number {
  for (const one of worst) {
    const values = one.split(' ');
    const distances = metrics.map((metric, at) => LEVELS[metric].indexOf(of(metric)) - LEVELS[metric].indexOf(values[at] ?? ''));
    if (distances.every((distance) => distance >= 0)) return distances.reduce((sum, distance) => sum + distance, 0);
  }
  return 0;
}
