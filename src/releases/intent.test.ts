import { expect, test } from 'vitest';
import { digestOf } from '../kernel/digest.ts';
import { intentDigest, type ReleaseIntent } from './intent.ts';

const base: ReleaseIntent = {
  v: 1,
  service: 'svc_1',
  digests: [digestOf('a'), digestOf('b')],
  environment: 'env_1',
  configuration: { FLAG: 'on', LEVEL: '2' },
  run: { command: ['node', 'server.js'], portEnv: 'PORT', health: '/healthz', readyWithinMs: 1000, env: {} },
  schemaChange: { kind: 'none', digest: null },
  plan: { kind: 'canary', steps: [{ weight: 10 }] },
  policyDigest: digestOf('policy'),
  target: 'here',
};

/** One mutation for each input; the type makes a new input without one a compile error. */
const mutations: { readonly [Key in Exclude<keyof ReleaseIntent, 'v'>]: Partial<ReleaseIntent> } = {
  service: { service: 'svc_2' },
  digests: { digests: [digestOf('a')] },
  environment: { environment: 'env_2' },
  configuration: { configuration: { FLAG: 'off', LEVEL: '2' } },
  run: { run: { command: ['node', 'other.js'], portEnv: 'PORT', health: '/healthz', readyWithinMs: 1000, env: {} } },
  schemaChange: { schemaChange: { kind: 'compatible', digest: digestOf('ddl') } },
  plan: { plan: { kind: 'canary', steps: [{ weight: 11 }] } },
  policyDigest: { policyDigest: digestOf('policy, tightened') },
  target: { target: 'there' },
};

test.each(Object.entries(mutations))('a change of %s changes the digest', (_, change) => {
  expect(intentDigest({ ...base, ...change })).not.toBe(intentDigest(base));
});

test('neither the order of digests and keys nor a repeated digest means anything', () => {
  const same = { ...base, digests: [digestOf('b'), digestOf('a'), digestOf('a')], configuration: { LEVEL: '2', FLAG: 'on' } };
  expect(intentDigest(same)).toBe(intentDigest(base));
});
