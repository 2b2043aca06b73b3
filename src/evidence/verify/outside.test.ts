import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { signCheckpoint } from '../../kernel/checkpoint.ts';
import { rootOf } from '../../kernel/merkle.ts';
import { makeExample, type Example } from '../../testing/evidence-example.ts';
import { ways } from '../../../campaigns/tamper.ts';

const script = join(import.meta.dirname, '../../../campaigns/outside/verify-with-openssl.mjs');
const folder = mkdtempSync(join(tmpdir(), 'ym-outside-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = makeExample();

function verifyOutside(bytes: Uint8Array, trust: unknown, checkpoint?: string): { status: number | null; says: string } {
  const paths = ['bundle', 'trust', 'checkpoint'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(paths[0], bytes);
  writeFileSync(paths[1], JSON.stringify(trust));
  if (checkpoint !== undefined) writeFileSync(paths[2], checkpoint);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...paths.slice(0, checkpoint === undefined ? 2 : 3)], {
    encoding: 'utf8',
  });
  return { status, says: stdout + stderr };
}

test('a program without a line of ours comes to the same answer', () => {
  expect(readFileSync(script, 'utf8')).not.toMatch(/from '(?!node:)/);
  const { status, says } = verifyOutside(example.bytes, example.trust, example.trust.checkpoints[0]);
  expect(says).toContain('13 facts are in the log');
  expect(says).toContain('the log continues the one of 40 entries');
  expect(status).toBe(0);
});

test('it refuses what it can judge: changed bytes, another key, an invented fact, a forked log', () => {
  const forked: Example = makeExample(example.key, { forked: true });
  const note = signCheckpoint(
    { origin: example.packing.origin, size: 40, root: rootOf(forked.log.slice(0, 40)), extensions: [] },
    example.key,
    example.key.publicKeyPem,
  );
  expect(verifyOutside(example.bytes, example.trust, note)).toMatchObject({
    status: 1,
    says: expect.stringContaining('FAIL the log continues'),
  });
  expect(verifyOutside(makeExample().bytes, example.trust)).toMatchObject({
    status: 1,
    says: expect.stringContaining('FAIL a trusted key signed the manifest'),
  });
  for (const how of [
    'a fact changed',
    'a fact changed and signed',
    'a proof changed and signed',
    'a fact removed',
    'the checkpoint signed by another key',
  ]) {
    const own = makeExample();
    const { bytes } = ways[how]?.(own, () => 1) ?? { bytes: new Uint8Array() };
    expect(verifyOutside(bytes, own.trust), how).toMatchObject({ status: 1 });
  }
});
