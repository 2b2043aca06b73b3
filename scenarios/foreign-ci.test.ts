import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, must, root } from './support/world.ts';

// A foreign CI that is only a shell script with ym record and curl, against a real server, a real repository and persons.

test('a release of a foreign CI reaches production through gates and two persons; the bundle verifies, the four keys count it', async () => {
  const world = await makeWorld();
  try {
    const repository = join(world.folder, 'shop.git');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args])
        .toString()
        .trim();
    const commit = (subject: string): string => (git('commit', '-qm', subject, '--allow-empty'), git('rev-parse', 'HEAD'));
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    const first = commit('feat: sells');
    const policy = readFileSync(join(root, 'examples/policies/standard.yaml'), 'utf8');
    // The preset, but for an hour of soaking that no test waits for.
    const text = policy.replaceAll(/soak: 1h/g, 'soak: 0s');
    const catalog = readFileSync(join(root, 'examples/foreign-ci/yardmaster.yaml'), 'utf8').replace(
      /https:\S+\.git/,
      `file://${repository}`,
    );
    writeFileSync(join(world.folder, 'yardmaster.yaml'), catalog);
    writeFileSync(join(world.folder, 'standard.yaml'), text);
    expect((await world.ym('ada', ['policy', 'put', 'standard', 'standard.yaml'])).exit).toBe(0);
    const applied = await world.ym('ada', ['apply', '-f', 'yardmaster.yaml', '--yes']);
    expect(applied.exit, applied.text).toBe(0);
    const token = await botOf(world);
    const work = join(world.folder, 'work');
    mkdirSync(work);
    const key = join(work, 'key.pem');
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
    execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', join(work, 'key.pub')]);
    expect((await world.ym('ada', ['recorder-key', 'add', 'jenkins', join(work, 'key.pub'), '--service', 'shop'])).exit).toBe(0);
    const second = commit('feat: sells more');
    const said = await play(world.folder, work, {
      YARDMASTER_URL: world.url,
      YARDMASTER_TOKEN: token,
      AUTHOR_TOKEN: world.tokens.get('ann') ?? '',
      APPROVER_TOKEN: world.tokens.get('cora') ?? '',
      MANAGER_TOKEN: world.tokens.get('mona') ?? '',
      SIGNING_KEY: key,
      COMMIT: first,
      BAD_COMMIT: second,
    });
    expect(said, said).toMatch(/^\d\d passed, 0 failed$/m);
    // Every page that shows it asks one of these.
    const { id } = (await world.ym('mona', ['release', 'show', 'shop@0.1.0'])).body;
    const [run] = (await world.call('GET', '/v1/runs?service=shop', 'mona')).body['items'] as { id: string }[];
    const [last] = (await world.call('GET', '/v1/deployments?service=shop', 'mona')).body['items'] as { id: string }[];
    const pages = [`/v1/releases/${String(id)}/page`, `/v1/runs/${run?.id ?? ''}`, `/v1/deployments/${last?.id ?? ''}`];
    for (const path of [...pages, '/v1/services/shop/overview', '/v1/yard', '/v1/inbox', '/v1/artifacts?service=shop']) {
      const answer = await world.call('GET', path, 'mona');
      expect(answer.status, `${path}: ${JSON.stringify(answer.body).slice(0, 500)}`).toBe(200);
    }
    // The same service, only observed: the answer is made and recorded, says what it would have been, and blocks nothing.
    writeFileSync(join(world.folder, 'yardmaster.yaml'), catalog.replace('tier: 1', 'tier: 1\n    observe-only: true'));
    expect((await world.ym('ada', ['apply', '-f', 'yardmaster.yaml', '--yes'])).exit).toBe(0);
    const asked = await world.ym('ann', ['may-ship', 'shop@0.2.0', '--env', 'prod', '--admit']);
    expect(asked).toMatchObject({ exit: 0, body: { go: true, observed: true } });
    expect(asked.body['verdict']).not.toBe('allow');
    expect(JSON.stringify(asked.body['words'])).toContain('Observed only, nothing is blocked. It would have been said: ');
    const recorded = await world.ym('mona', ['decision', 'show', String(asked.body['decision'])]);
    expect(recorded.body).toMatchObject({ observed: true, verdict: asked.body['verdict'] });
    expect((await world.ym('ann', ['deploy', 'shop', '--env', 'prod'])).text).toContain('deployed-elsewhere');
  } finally {
    await world.close();
  }
}, 600_000);

/** A bot that may do what a developer may, as the CI of the team holds it. */
async function botOf(world: Awaited<ReturnType<typeof makeWorld>>): Promise<string> {
  const { bot } = await must(world.call('POST', '/v1/bots', 'ada', { name: 'jenkins', owner: world.ids.get('ann') }));
  await must(world.call('POST', '/v1/roles', 'ada', { holder: bot, role: 'developer', on: { service: 'shop' } }));
  const made = await must(world.call('POST', '/v1/tokens', 'ada', { name: 'jenkins', bot }));
  return String(made['token']);
}

function play(folder: string, work: string, env: Record<string, string>): Promise<string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ym'), `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/ym.mjs')}" "$@"\n`);
  chmodSync(join(bin, 'ym'), 0o755);
  copyFileSync(join(root, 'examples/foreign-ci/pipeline.sh'), join(work, 'pipeline.sh'));
  return new Promise((resolve) => {
    const options = { cwd: work, env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder, ...env }, maxBuffer: 16 * 1024 ** 2 };
    execFile('bash', ['pipeline.sh'], options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
