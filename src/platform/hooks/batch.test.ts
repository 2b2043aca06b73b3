import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pack, unpack } from './batch.ts';

const brought = fc.record({
  headers: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.string({ unit: 'binary', maxLength: 50 }), { noNullPrototype: true }),
  body: fc.uint8Array({ maxLength: 3000 }),
});

test('what is packed together comes out one by one, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(brought, { minLength: 1, maxLength: 20 }), (all) => {
      const { bytes, places } = pack(all);
      for (const [at, { headers, body }] of all.entries()) {
        const out = unpack(bytes, places[at] ?? { place: 0, head: 0, size: 0 });
        expect(out.headers).toEqual(JSON.parse(JSON.stringify(headers)));
        expect(out.body.equals(body)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('more than the desk holds is packed as well, and what waits is not touched by the next', () => {
  const large = { headers: { a: 'é' }, body: Buffer.alloc(900_000, 'x') };
  const first = pack([large, { headers: {}, body: Buffer.from('small') }]);
  pack([{ headers: { b: 'c' }, body: Buffer.from('another') }]);
  expect(unpack(first.bytes, first.places[1] ?? { place: 0, head: 0, size: 0 }).body.toString()).toBe('small');
  expect(unpack(first.bytes, first.places[0] ?? { place: 0, head: 0, size: 0 })).toMatchObject({ headers: { a: 'é' } });
});

test('a turned bit on the disk is refused, and never shown as what came', () => {
  const { bytes, places } = pack([{ headers: { a: 'b' }, body: Buffer.from('a body of a few words, a body of a few words') }]);
  const [place] = places;
  if (place === undefined) throw new Error('unreachable');
  for (let at = 0; at < bytes.length * 8; at += 1) {
    const turned = Buffer.from(bytes);
    turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
    let out: string | null = null;
    try {
      out = unpack(turned, place).body.toString();
    } catch {
      continue;
    }
    expect(out, `bit ${at}`).toBe('a body of a few words, a body of a few words');
  }
  expect(() => unpack(bytes, { ...place, size: place.size + 1 })).toThrow(/shorter/);
});
