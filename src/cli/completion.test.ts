import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'ym-completion-'));
const bin = join(import.meta.dirname, '../../bin/ym.mjs');
const script = (shell: string): string => execFileSync(process.execPath, [bin, 'completion', shell], { encoding: 'utf8' });
const file = join(folder, 'ym.bash');
writeFileSync(file, script('bash'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What bash would offer after these words; the last one is the beginning typed so far. */
function offered(...words: string[]): string[] {
  const line = ['ym', ...words];
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ym; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['--norc', '-c', program, 'bash', file, ...line], { encoding: 'utf8' })
    .split('\n')
    .filter((word) => word !== '');
}

test('the script parses, and completes commands, subcommands and options', () => {
  execFileSync('bash', ['-n', file]);
  expect(offered('rel')).toEqual(['release']);
  expect(offered('')).toEqual(expect.arrayContaining(['status', 'apply', 'run', 'may-ship', 'verify', '--json']));
  expect(offered('release', 'f')).toEqual(['follow']);
  expect(offered('incident', 'hook', '')).toEqual(expect.arrayContaining(['create', 'end']));
  expect(offered('approve', 'shop@1.0.0', '--re')).toEqual(['--reason']);
  expect(offered('run', 'start', 'shop', '--no')).toEqual(['--no-wait']);
  expect(offered('release', 'show', 'shop', '--quiet', '--js')).toEqual(['--json']);
  expect(offered('nonsense', 'st')).toEqual(['status']);
});

test('zsh and fish get theirs; another shell is a usage error', () => {
  expect(script('zsh')).toContain('bashcompinit');
  const fish = script('fish').trim().split('\n');
  expect(fish.every((line) => line.startsWith('complete -c ym '))).toBe(true);
  expect(fish).toContain("complete -c ym -f -n '__fish_seen_subcommand_from release' -a follow");
  expect(() => execFileSync(process.execPath, [bin, 'completion', 'tcsh'], { stdio: 'pipe' })).toThrow();
});
