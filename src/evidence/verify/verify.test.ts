import { describe, expect, test } from 'vitest';
import { run as tamperBySeed, tamperOnce, ways } from '../../../campaigns/tamper.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { signCheckpoint } from '../../kernel/checkpoint.ts';
import { rootOf } from '../../kernel/merkle.ts';
import { makeExample, makeTestKey, testId, type Example } from '../../testing/evidence-example.ts';
import { packBundle } from '../pack.ts';
import type { MissingEvidence, Sections } from './format.ts';
import { verifyBundle, type Verified } from './verify.ts';

const example = makeExample();
const failed = (verified: Verified): string[] => verified.checks.filter((check) => !check.ok).map((check) => check.name);
const noteOf = (from: Example, size: number): string =>
  signCheckpoint(
    { origin: from.packing.origin, size, root: rootOf(from.log.slice(0, size)), extensions: [] },
    from.key,
    from.key.publicKeyPem,
  );

function repack(change: (sections: Sections) => void, missing: MissingEvidence[] = []): Uint8Array {
  const sections = structuredClone(example.packing.sections);
  change(sections);
  return packBundle({ ...example.packing, sections, missing }, example.key);
}

test('a true bundle verifies, and says what it proved', () => {
  const verified = verifyBundle(example.bytes, example.trust);
  expect(failed(verified)).toEqual([]);
  expect(verified).toMatchObject({
    ok: true,
    release: example.packing.release,
    facts: 13,
    missing: [],
    ledger: { size: example.log.length },
  });
  const why = Object.fromEntries(verified.checks.map((check) => [check.name, check.why]));
  expect(why['decisions']).toBe('2 of 2 decisions derive again from their inputs');
  expect(why['attestations']).toMatch(/^2 attestations/);
  expect(why['promotions']).toBe('1 promotions have their signed record and summary, as the ledger tells them');
  expect(why['policies']).toMatch(/^1 policies/);
  expect(why['history']).toMatch(/^continues 1 of 1/);
  expect(why['story']).toMatch(/1 acts rest on earlier decisions/);
});

test('the same content makes the same bytes', () => {
  expect(Buffer.compare(packBundle(example.packing, example.key), example.bytes)).toBe(0);
});

describe('every known way of tampering is refused, by the check that is meant to', () => {
  for (const how of Object.keys(ways)) {
    test(how, () => {
      for (let seed = 0; seed < 5; seed++) tamperOnce(how, seed);
    });
  }
});

test('a sample of the campaign', async () => {
  for (let seed = 0; seed < 50; seed++) await tamperBySeed(seed);
});

describe('trust', () => {
  test('keys that the bundle was made with mean nothing unless they are trusted', () => {
    expect(failed(verifyBundle(example.bytes, { keys: [{ ...makeTestKey() }] }))).toEqual(['manifest']);
  });
  test('a trusted id with another key behind it is no trusted key', () => {
    expect(failed(verifyBundle(example.bytes, { keys: [{ keyId: example.key.keyId, publicKeyPem: makeTestKey().publicKeyPem }] }))).toEqual(
      ['manifest'],
    );
  });
  test('a trust file without keys is refused', () => {
    for (const trust of [null, {}, { keys: [] }, { keys: 'all' }, []])
      expect(failed(verifyBundle(example.bytes, trust))).toEqual(['trust']);
  });
});

describe('promotions', () => {
  const promotions = (verified: Verified): string | undefined => verified.checks.find(({ name }) => name === 'promotions')?.why;
  test('a bundle of before, whose fact names no signers, verifies as it did', () => {
    const old = makeExample(makeTestKey(), { before: true });
    const verified = verifyBundle(old.bytes, old.trust);
    expect(failed(verified)).toEqual([]);
    expect(promotions(verified)).toContain('of 1 more only the fact is here');
  });
  test('what can’t be had is listed, and the bundle holds without it', () => {
    const bytes = repack(
      ({ blobs, facts }) => {
        const { leaf } = facts.find((fact) => fact.leaf.includes('artifact.promoted')) ?? { leaf: '' };
        delete blobs[(JSON.parse(leaf) as { body: { record: string } }).body.record];
      },
      [{ what: `the promotion record of ${testId('prm', 1)}`, why: 'it was lost' }],
    );
    expect(failed(verifyBundle(bytes, example.trust))).toEqual([]);
  });
  test('a record by a key that ended before the ledger told of the promotion is refused, one from before stays good', () => {
    const promoter = makeTestKey();
    const made = makeExample(makeTestKey(), { promoted: { signer: promoter } });
    const fact = made.packing.sections.facts.map(({ leaf }) => JSON.parse(leaf) as { type: string; at: string });
    const told = fact.find(({ type }) => type === 'artifact.promoted')?.at ?? '';
    const { keyId, publicKeyPem } = promoter;
    const trusting = (revokedFrom: string) => ({ keys: [...made.trust.keys, { keyId, publicKeyPem, revokedFrom }] });
    const later = new Date(Date.parse(told) + 1).toISOString();
    expect(promotions(verifyBundle(made.bytes, trusting(told)))).toContain('no signature by a trusted key verifies');
    expect(promotions(verifyBundle(made.bytes, trusting(later)))).toContain('another key than the ledger names');
  });
});

describe('keys over time', () => {
  const attester = makeTestKey();
  const made = makeExample(makeTestKey(), { attester });
  const [own] = made.trust.keys;
  const signedAt = made.packing.sections.facts
    .map(({ leaf }) => JSON.parse(leaf) as { type: string; at: string })
    .filter(({ type }) => type === 'artifact.signed')
    .map(({ at }) => at)
    .sort();
  const { keyId, publicKeyPem } = attester;
  const trusting = (revokedFrom?: string) => ({
    keys: [own, { keyId, publicKeyPem, ...(revokedFrom === undefined ? {} : { revokedFrom }) }],
  });
  const later = new Date(Date.parse(signedAt.at(-1) ?? '') + 1).toISOString();
  test('what an older key signed stays good, as does what the ledger dates before the end of its worth', () => {
    expect(failed(verifyBundle(made.bytes, trusting()))).toEqual([]);
    expect(failed(verifyBundle(made.bytes, trusting(later)))).toEqual([]);
  });
  test('what the ledger dates at its end or later is refused, whatever the signature says', () => {
    expect(failed(verifyBundle(made.bytes, trusting(signedAt[0])))).toContain('attestations');
  });
  test('a revoked key opens no bundle and no checkpoint: those date themselves', () => {
    const manifest = packBundle(made.packing, attester);
    expect(failed(verifyBundle(manifest, trusting()))).toEqual([]);
    const refused = verifyBundle(manifest, trusting(later));
    expect(failed(refused)).toEqual(['manifest']);
    expect(refused.checks.find(({ ok }) => !ok)?.why).toContain('ask for the bundle again');
    const forged = structuredClone(made.packing.sections);
    forged.checkpoint = noteOf({ ...made, key: attester }, made.log.length);
    const bundle = packBundle({ ...made.packing, sections: forged }, made.key);
    expect(failed(verifyBundle(bundle, trusting()))).toEqual([]);
    expect(failed(verifyBundle(bundle, trusting(later)))).toEqual(['checkpoint']);
  });
});

describe('checkpoints kept outside', () => {
  const { keys } = example.trust;
  test('without any, the bundle says that a rewritten log would not show', () => {
    const history = verifyBundle(example.bytes, { keys }).checks.find((check) => check.name === 'history');
    expect(history).toMatchObject({ ok: true, why: expect.stringContaining('would not show') });
  });
  test('one of the same size must have the same root', () => {
    const size = example.log.length;
    expect(verifyBundle(example.bytes, { keys }, { checkpoint: noteOf(example, size) }).ok).toBe(true);
    expect(failed(verifyBundle(example.bytes, { keys }, { checkpoint: noteOf(makeExample(example.key, { forked: true }), size) }))).toEqual(
      ['history'],
    );
  });
  test('one that the bundle has no proof for is refused, with what to do', () => {
    const verified = verifyBundle(example.bytes, { keys }, { checkpoint: noteOf(example, 17) });
    expect(failed(verified)).toEqual(['history']);
    expect(verified.checks.find((check) => check.name === 'history')?.why).toContain('?since=17');
  });
  test('one that is newer than the bundle is refused where it is insisted on, and passed over in a trust file', () => {
    const newer = noteOf({ ...example, log: [...example.log, ...example.log] }, example.log.length + 5);
    expect(failed(verifyBundle(example.bytes, { keys }, { checkpoint: newer }))).toEqual(['history']);
    expect(verifyBundle(example.bytes, { keys, checkpoints: [...example.trust.checkpoints, newer] }).ok).toBe(true);
    expect(failed(verifyBundle(example.bytes, { keys, checkpoints: [newer] }))).toEqual(['history']);
  });
  test('one by a key that is not trusted is refused', () => {
    expect(failed(verifyBundle(example.bytes, { keys }, { checkpoint: noteOf(makeExample(), 40) }))).toEqual(['history']);
  });
});

describe('missing evidence', () => {
  test('what is listed as missing may be absent; the bundle verifies and says so', () => {
    const inputsOf = (answer: Record<string, unknown>) => answer['inputs'] as Record<string, string>;
    const gates = inputsOf(example.packing.sections.decisions[0]!.answer)['gates'] as string;
    const users = example.packing.sections.decisions.filter(({ answer }) => inputsOf(answer)['gates'] === gates);
    const missing = users.map((one) => ({ what: `the input "gates" of ${one.decision}`, why: 'its bytes are gone' }));
    const verified = verifyBundle(
      repack(({ blobs }) => delete blobs[gates], missing),
      example.trust,
    );
    expect(failed(verified)).toEqual([]);
    expect(verified.missing).toEqual(missing);
    expect(verified.checks.find((check) => check.name === 'decisions')?.why).toMatch(/^0 of 2 .*inputs are missing/);
  });
  test('what is listed as missing for one thing excuses no other', () => {
    const bytes = repack(({ attestations }) => void attestations.splice(0, 1), [{ what: 'SBOM of something else', why: 'lost' }]);
    expect(failed(verifyBundle(bytes, example.trust))).toEqual(['missing']);
  });
});

test('an act that rests on a refusal is no good story, even when everything is signed and in the log', () => {
  const bad = makeExample(example.key, { refusedAct: true });
  expect(failed(verifyBundle(bad.bytes, bad.trust))).toEqual(['story']);
});

test('a server that recorded another answer than its rules give is found out, though log and signatures are right', () => {
  for (const bent of [
    { verdict: 'allow' as const },
    { notAfter: '2027-01-01T00:00:00.000Z' },
    { at: '2026-11-23T09:31:00.000Z' },
    { rules: [] },
  ]) {
    const lying = makeExample(example.key, { bent });
    const verified = verifyBundle(lying.bytes, lying.trust);
    expect(failed(verified)).toEqual(['decisions']);
    expect(verified.checks.find((check) => check.name === 'decisions')?.why).toContain('does not derive from its inputs');
  }
});

test('hostile files are refused quickly and never throw', () => {
  const deep = '['.repeat(100_000);
  const files = [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    deep,
    `{"format":${deep}`,
    '\uFEFF{}',
    '{"__proto__":{}}',
    canonicalJson({ format: 'yardmaster-evidence-bundle/1' }),
  ];
  for (const file of files) expect(failed(verifyBundle(Buffer.from(file), example.trust))).toEqual(['form']);
  expect(failed(verifyBundle(Uint8Array.of(0xff, 0xfe, 0x00), example.trust))).toEqual(['form']);
});
