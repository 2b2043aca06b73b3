import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { root } from './support/instance.ts';

const SHARE = 0.3;
const PACKAGES = 600;

/**
 * The SBOM of the lock file of a project as people have them (fixtures/large-project: more than 600 packages, as npm wrote
 * it), each in a process of its own, beside
 * `npm sbom --package-lock-only`: the same package URLs, in at most 0.3 of its time.
 */
export const benchmark: Benchmark = async ({ rounds = 7, say }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ym-sbom-'));
  try {
    for (const name of ['package.json', 'package-lock.json'])
      cpSync(join(import.meta.dirname, 'fixtures/large-project', name), join(folder, name));
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: folder };
    const ours = (): Promise<string> =>
      output(process.execPath, [join(root, 'bin/ym.mjs'), 'sbom', 'make', 'package-lock.json', '--json', '--quiet'], folder, env);
    const npm = (): Promise<string> => output('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], folder, env);
    const [times, theirs] = [[] as number[], [] as number[]];
    let [mine, their] = ['', ''];
    for (let round = -1; round < rounds; round += 1) {
      const began = performance.now();
      mine = await ours();
      const between = performance.now();
      their = await npm();
      if (round < 0) continue;
      times.push(between - began);
      theirs.push(performance.now() - between);
    }
    const [a, b] = [purlsOf(mine), purlsOf(their)];
    const [only, missing] = [[...a].filter((purl) => !b.has(purl)), [...b].filter((purl) => !a.has(purl))];
    say(`package URLs: ours ${a.size}, npm ${b.size}; only ours ${only.length}, only npm's ${missing.length}`);
    for (const purl of [...only, ...missing].slice(0, 5)) say(`  ${purl}`);
    const [p50, peer] = [percentile(times, 0.5), percentile(theirs, 0.5)];
    return {
      unit: 'ms',
      ours: p50,
      peers: { 'npm sbom --package-lock-only': peer },
      limit: peer * SHARE,
      rounds,
      note: `median of a lock file with ${a.size} packages; ${(p50 / peer).toFixed(2)} of npm's time`,
      within: p50 <= peer * SHARE && only.length + missing.length === 0 && a.size >= PACKAGES,
      more: { packages: a.size, share: p50 / peer },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function purlsOf(text: string): Set<string> {
  const { components } = JSON.parse(text) as { components: { purl?: string }[] };
  return new Set(components.flatMap((one) => one.purl ?? []));
}

function output(command: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { cwd, env, maxBuffer: 256 * 1024 ** 2 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ended with ${String(error.code)}: ${stderr.slice(0, 2000)}`));
    });
  });
}
