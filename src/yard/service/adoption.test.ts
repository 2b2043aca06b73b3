import { expect, test } from 'vitest';
import { adoptionOf, type AdoptionFacts } from './adoption.ts';

const NOTHING: AdoptionFacts = {
  service: 'shop',
  repository: false,
  observeOnly: true,
  builds: 0,
  newest: null,
  releases: 0,
  production: null,
  deployment: null,
  run: false,
  ours: false,
  agent: false,
  shippedByUs: false,
};
const OBSERVED: AdoptionFacts = { ...NOTHING, repository: true, builds: 3, production: 'live' };
const EVIDENCE: AdoptionFacts = {
  ...OBSERVED,
  newest: { recorded: true, trust: 'protected', artifacts: 1, tests: true, sbom: true, witnessed: true },
};
const WARNED: AdoptionFacts = { ...EVIDENCE, releases: 1, deployment: { external: true, asked: true, admitted: true, verified: true } };
const GATED: AdoptionFacts = { ...WARNED, observeOnly: false };

test('each level is reached by facts, in order, and the next step is the first that is open', () => {
  expect(adoptionOf(NOTHING)).toMatchObject({ level: 'none', next: { command: 'ym apply -f yardmaster.yaml' } });
  expect(adoptionOf(OBSERVED)).toMatchObject({ level: 'observed', next: { text: expect.stringContaining('on a branch') as string } });
  expect(adoptionOf(EVIDENCE)).toMatchObject({ level: 'evidence', next: { command: 'ym release create shop' } });
  expect(adoptionOf(WARNED)).toMatchObject({ level: 'warned', next: { command: expect.stringContaining('observe-only') as string } });
  expect(adoptionOf(GATED)).toMatchObject({ level: 'gated', next: { text: 'The catalog says how it is run' } });
  expect(adoptionOf({ ...GATED, run: true, ours: true, agent: true, shippedByUs: true })).toMatchObject({ level: 'deployed', next: null });
});

test('a level is not reached past an open one, and a deployment without an allow is not gated', () => {
  expect(adoptionOf({ ...GATED, newest: null }).level).toBe('observed');
  expect(adoptionOf({ ...GATED, deployment: { external: true, asked: true, admitted: false, verified: true } }).level).toBe('warned');
  expect(
    adoptionOf({ ...EVIDENCE, newest: { ...(EVIDENCE.newest as NonNullable<AdoptionFacts['newest']>), trust: 'untrusted' } }).level,
  ).toBe('observed');
});

test('what Yardmaster ships itself is at the last level, whatever a foreign tool never told', () => {
  expect(adoptionOf({ ...NOTHING, observeOnly: false, ours: true, shippedByUs: true })).toMatchObject({ level: 'deployed', next: null });
});

test('commands name the service and its own environment of production', () => {
  const commands = adoptionOf(OBSERVED).levels.flatMap(({ steps }) => steps.map(({ command }) => command));
  expect(commands.filter((one) => one.includes('--env')).every((one) => one.includes('--env live'))).toBe(true);
});
