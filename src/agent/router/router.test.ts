import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countersFrom, haproxyConfig, place, runtimeCommands, SERVERS } from './haproxy-config.ts';
import { bucketOf, difference, pick, type Counted, type Front } from './router.ts';

test('in every round each backend is picked exactly as often as its weight says', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), (weights) => {
      const backends = weights.map((weight, at) => ({ name: `b${at}`, weight }));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const credit = new Map<string, number>();
      if (total === 0) return void expect(pick(backends, credit)).toBeNull();
      const picked = Array.from({ length: total * 2 }, () => pick(backends, credit)?.name);
      for (const { name, weight } of backends) expect(picked.filter((one) => one === name)).toHaveLength(weight * 2);
    }),
  );
});

test('counts of different boots, or of a backend that was not there before, are no interval', () => {
  const counters = (requests: number) => ({
    requests,
    classes: { '2xx': requests, '3xx': 0, '4xx': 0, '5xx': 0, none: 0 },
    latency: null,
    active: 0,
  });
  const at = (boot: string, requests: number | null): Counted => ({ boot, backends: requests === null ? {} : { a: counters(requests) } });
  expect(difference(at('x', 5), at('x', 9), 'a')).toMatchObject({ requests: 4 });
  expect(difference(at('x', 5), at('y', 9), 'a')).toBeNull();
  expect(difference(at('x', null), at('x', 9), 'a')).toBeNull();
  expect(difference(at('x', 9), at('x', 5), 'a')).toBeNull();
  expect([0, 1, 1.5, 9].map((ms) => bucketOf([1, 5], ms))).toEqual([0, 0, 1, 2]);
});

const front = (...backends: [string, number, number][]): Front => ({
  key: 'prod/shop',
  port: 8000,
  backends: backends.map(([name, port, weight]) => ({ name, port, weight })),
});

test('a backend keeps its place in haproxy; who gains traffic is set before who loses it', () => {
  const first = place(front(['old', 9001, 100]), {});
  const next = front(['old', 9001, 0], ['new', 9002, 100]);
  const second = place(next, first);
  expect(second).toMatchObject({ s1: 'old', s2: 'new' });
  const commands = runtimeCommands(next, first, second);
  expect(commands.indexOf('set server b_prod__shop/s2 state ready')).toBeLessThan(commands.indexOf('set weight b_prod__shop/s1 0'));
  expect(commands).toContain('set server b_prod__shop/s2 addr 127.0.0.1 port 9002');
  const third = place(front(['new', 9002, 100]), second);
  expect(runtimeCommands(front(['new', 9002, 100]), second, third)).toContain('set server b_prod__shop/s1 state maint');
  expect(() =>
    place(front(...Array.from({ length: SERVERS + 1 }, (_, at): [string, number, number] => [`x${at}`, 9000 + at, 1])), {}),
  ).toThrow('more than');
});

test('the configuration says the same as the commands, so a restart loses no weight', () => {
  const shape = front(['old', 9001, 80], ['new', 9002, 20]);
  const text = haproxyConfig([shape], { 'prod/shop': place(shape, {}) }, '/run/x.sock');
  expect(text).toContain('bind 127.0.0.1:8000');
  expect(text).toContain('server s1 127.0.0.1:9001 weight 80\n');
  expect(text).toContain('server s2 127.0.0.1:9002 weight 20\n');
  expect(text).toContain('server s3 127.0.0.1:1 weight 0 disabled');
});

test("haproxy's counters: failed connections and broken answers are failures of the backend", () => {
  const csv =
    '# pxname,svname,scur,econ,eresp,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx\nb_prod__shop,s1,2,3,1,10,0,1,4\nb_prod__shop,BACKEND,2,3,1,10,0,1,4\nb_other,s1,9,9,9,9,9,9,9\n';
  expect(countersFrom(csv, 'prod/shop', { s1: 'old', s2: null })).toEqual({
    old: { requests: 19, classes: { '2xx': 10, '3xx': 0, '4xx': 1, '5xx': 4, none: 4 }, latency: null, active: 2 },
  });
});
