import type { JWK } from 'jose';
import { expect, test } from 'vitest';
import type { Egress, EgressAnswer } from '../../host/egress.http.ts';
import { egressFailed } from '../../host/egress.problems.ts';
import { makeIssuerKeys } from './keys.system.ts';

const ISSUER = 'https://issuer.example';

/** An issuer at the other end of an egress, and a clock that the test turns. */
function world() {
  let now = 0;
  const at = { keys: ['one'], down: false, about: { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` } as unknown, asked: 0 };
  const answer = (body: unknown): EgressAnswer => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) });
  const egress: Egress = {
    async call({ url }) {
      if (at.down) throw egressFailed({ host: 'issuer.example', why: 'ECONNREFUSED' });
      if (url.endsWith('/openid-configuration')) return answer(at.about);
      at.asked += 1;
      return answer({ keys: at.keys.map((kid) => ({ kty: 'RSA', kid })) });
    },
    open: async () => {
      throw new Error('keys are small');
    },
    check: async () => undefined,
    place: async () => ({ address: '192.0.2.1', allowed: false }),
    close: () => undefined,
  };
  const keys = makeIssuerKeys(egress, () => now);
  const has = (kid: string) => (all: readonly JWK[]) => all.some((key) => key.kid === kid);
  const names = async (kid: string) => (await keys.of(ISSUER, has(kid))).map((key) => key.kid);
  return { at, names, keys, wait: (seconds: number) => (now += seconds * 1000) };
}

test('a key of nobody makes us ask at most every 30 seconds, and a rotated one is found within them', async () => {
  const { at, names, wait } = world();
  expect(await names('one')).toEqual(['one']);
  for (let time = 0; time < 50; time += 1) await names(`guess-${time}`);
  expect(at.asked).toBe(1);
  at.keys = ['two'];
  wait(30);
  expect(await names('two')).toEqual(['two']);
  expect(at.asked).toBe(2);
});

test('many at once ask once', async () => {
  const { at, names } = world();
  await Promise.all(Array.from({ length: 20 }, () => names('one')));
  expect(at.asked).toBe(1);
});

test('while the issuer is down its keys serve for a day, and then nobody is let in unknown', async () => {
  const { at, names, wait } = world();
  await names('one');
  at.down = true;
  wait(3600);
  expect(await names('one')).toEqual(['one']);
  wait(22 * 3600);
  expect(await names('one')).toEqual(['one']);
  wait(3601);
  await expect(names('one')).rejects.toMatchObject({ code: 'identity.issuer-unreachable', status: 503 });
  at.down = false;
  wait(31);
  expect(await names('one')).toEqual(['one']);
});

test('a key that the issuer took back is gone within ten minutes', async () => {
  const { at, names, wait } = world();
  await names('one');
  at.keys = ['two'];
  wait(599);
  expect(await names('one')).toEqual(['one']);
  wait(1);
  expect(await names('one')).toEqual(['two']);
});

test('an issuer that names another, or no keys, is refused in words', async () => {
  const { at, keys } = world();
  at.about = { issuer: `${ISSUER}/`, jwks_uri: `${ISSUER}/keys` };
  await expect(keys.look(ISSUER)).rejects.toMatchObject({ code: 'identity.issuer-wrong' });
  at.about = { issuer: ISSUER };
  await expect(keys.look(ISSUER)).rejects.toMatchObject({ code: 'identity.issuer-wrong' });
  at.about = ['no object'];
  await expect(keys.look(ISSUER)).rejects.toMatchObject({ code: 'identity.issuer-wrong' });
});
