import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { SpokenPerson } from '../integrations/forges/speak.fixture.ts';
import { Problem } from '../kernel/problem.ts';
import { hostileNames } from './hooks/names.ts';

/**
 * A thousand hostile names through every connector: what it asks with them, what it reads of them, what is kept, and what
 * is said onward. Nothing of them runs (a canary file), nothing is fetched that they name (a listener), no request leaves
 * its place, and they come out as texts. Each day a part of them; all with CAMPAIGN_FULL=1.
 */
export type Hostile = {
  readonly names: readonly string[];
  /** An address that nobody may call. */
  readonly bait: string;
  /** A folder for what a test makes. */
  readonly folder: string;
  readonly patience: number;
  /** Throws where something was executed or called. */
  unharmed(): void;
};

export async function hostile(): Promise<Hostile> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-hostile-'));
  const canary = join(folder, 'canary');
  const full = process.env['CAMPAIGN_FULL'] === '1';
  const day = Math.floor(Date.now() / 86_400_000);
  const all = hostileNames(canary);
  let hits = 0;
  const listener = createServer((_, response) => void ((hits += 1), response.end()));
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  afterAll(() => {
    listener.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // A canary that could not be found would show nothing.
  const probe = join(folder, 'probe');
  execFileSync('sh', ['-c', `$(touch ${probe})`]);
  expect([all.length, existsSync(probe)]).toEqual([1000, true]);
  return {
    folder,
    names: all.filter((_, at) => full || (at + day) % 125 === 0),
    bait: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
    patience: full ? 1_800_000 : 60_000,
    unharmed() {
      expect(existsSync(canary), 'something that a name said was executed').toBe(false);
      expect(hits, 'an address that a name said was called').toBe(0);
    },
  };
}

export const person = (name: string): SpokenPerson => ({ id: 7, login: name, name, email: `${name}@example.org` });

// eslint-disable-next-line no-control-regex -- these are what must not be left on a line
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Every text in a value. */
export function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}

/** Texts that a database or a page can't hold, or that are longer than is kept. */
export function unfit(value: unknown): string[] {
  return texts(value).filter((text) => text.includes('\0') || !text.isWellFormed() || text.length > 1000);
}

/** Texts that are no single line. */
export function unruly(value: unknown): string[] {
  return texts(value).filter((text) => CONTROLS.test(text) || !text.isWellFormed());
}

/** A problem is an answer; anything else that is thrown is a bug. */
export async function orProblem<Result>(work: Promise<Result>): Promise<Result | null> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    return null;
  });
}
