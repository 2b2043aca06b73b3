import { existsSync, readFileSync } from 'node:fs';
import type { JWK } from 'jose';
import { expect, test } from 'vitest';
import { ALGORITHMS, readCompact } from './compact.ts';
import { isSigned } from './signature.ts';

/** Wycheproof's vectors for signed tokens (JWS). Absent: these tests are skipped. */
const file = `${process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus'}/jose/C2SP+wycheproof/testvectors_v1/json_web_signature_test.json`;
type Group = { comment: string; public?: JWK; private?: JWK; tests: { tcId: number; comment: string; jws: unknown; result: string }[] };

/** The signature step of our path, with the payload left alone: the vectors sign texts, not claims. */
async function verifies(jws: string, key: JWK, algorithms: readonly string[]): Promise<boolean> {
  const compact = readCompact(jws, algorithms);
  if (!('wrong' in compact)) return isSigned(compact, [key]);
  // Their payload is `foo` or other text: judged with claims in its place only where nothing but that is wrong.
  const [head = '', body = '', signature = '', ...more] = jws.split('.');
  const empty = body === '' && /base64url/.test(compact.wrong) && more.length === 0;
  if (!empty && !/no JSON object/.test(compact.wrong)) return false;
  const header = readCompact(`${head}.${Buffer.from('{}').toString('base64url')}.${signature}`, algorithms);
  return !('wrong' in header) && isSigned({ ...header, token: jws, signed: `${head}.${body}` }, [key]);
}

/** Their key says that it is for another algorithm than the header's (PS256 for PS384, ES521 for ES512): refused on purpose. */
const CONTRADICTING: ReadonlySet<number> = new Set([346, 347, 350, 351]);

test.skipIf(!existsSync(file))('every vector of Wycheproof is answered as it says; what needs a shared secret never verifies', async () => {
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as { testGroups: Group[] };
  const wrong: string[] = [];
  let asked = 0;
  let accepted = 0;
  for (const { comment, public: open, private: secret, tests } of testGroups) {
    const key = open ?? secret;
    if (key === undefined) throw new Error(`${comment}: no key`);
    const symmetric = key.kty === 'oct';
    for (const { tcId, comment: what, jws, result } of tests) {
      const token = typeof jws === 'string' ? jws : JSON.stringify(jws);
      const wanted = !symmetric && result === 'valid' && !CONTRADICTING.has(tcId);
      // Beside our own algorithms those of the vectors, so that their signatures are really looked at.
      const found = await verifies(token, key, [...ALGORITHMS, 'RS384', 'RS512', 'PS384', 'PS512', 'ES384', 'ES512']);
      asked += 1;
      if (found) accepted += 1;
      if (found !== wanted) wrong.push(`${tcId} (${comment}: ${what}) is ${result}, and was ${found ? 'accepted' : 'refused'}`);
      const ours = await verifies(token, key, ALGORITHMS);
      if (ours && !ALGORITHMS.some((alg) => alg === key.alg)) wrong.push(`${tcId}: ${key.alg} is none of our algorithms`);
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(300);
  expect(accepted).toBeGreaterThan(5);
});
