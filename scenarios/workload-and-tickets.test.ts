import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openIssuer } from '../src/testing/issuer.ts';
import { makeWorld, root, until, type CliAnswer } from './support/world.ts';

// A job without a secret of ours tells of a build with the token of its CI; its release reaches prod once every story is done.

const AUDIENCE = 'https://yard.example.org';

test('a build told by a workload reaches prod when its stories are done; its notes say what they are called', async () => {
  const issuer = await openIssuer();
  const world = await makeWorld(() => undefined, { YARDMASTER_EGRESS_ALLOW: issuer.place });
  const ok = async (answer: Promise<CliAnswer>): Promise<CliAnswer> => {
    const said = await answer;
    expect(said.exit, said.text).toBe(0);
    return said;
  };
  try {
    const repository = join(world.folder, 'shop.git');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args])
        .toString()
        .trim();
    execFileSync('git', ['init', '-q', '-b', 'main', repository]);
    git('commit', '-qm', 'feat: sells by the dozen (SHOP-12)', '--allow-empty');
    const commit = git('rev-parse', 'HEAD');
    writeFileSync(join(world.folder, 'startup.yaml'), policyOf(issuer.url));
    writeFileSync(join(world.folder, 'yardmaster.yaml'), catalogOf(repository));
    await ok(world.ym('ada', ['policy', 'put', 'startup', 'startup.yaml']));
    await ok(world.ym('ada', ['apply', '-f', 'yardmaster.yaml', '--yes']));
    const trust = ['workload', 'add', 'shop-ci', '--issuer', issuer.url, '--audience', AUDIENCE];
    await ok(world.ym('ada', [...trust, '--claim', 'repository=acme/shop', '--claim', 'ref=refs/heads/main', '--service', 'shop']));

    let jobs = 0;
    const job = async (repositoryClaim = 'acme/shop'): Promise<string> =>
      issuer.sign({
        aud: AUDIENCE,
        sub: `repo:${repositoryClaim}:ref:refs/heads/main`,
        jti: `job-${(jobs += 1)}`,
        repository: repositoryClaim,
        repository_id: '42',
        ref: 'refs/heads/main',
        ref_protected: 'true',
        workflow_ref: `${repositoryClaim}/.github/workflows/ci.yaml@refs/heads/main`,
        run_id: '900',
        sha: commit,
      });
    world.tokens.set('job', await job());
    world.tokens.set('stranger', await job('evil/shop'));
    const run = ['--service', 'shop', '--system', 'github-actions', '--run-id', '900', '--commit', commit, '--job', 'build'];
    writeFileSync(join(world.folder, 'shop.js'), "console.log('a dozen')\n");
    writeFileSync(
      join(world.folder, 'junit.xml'),
      '<testsuite name="s" tests="1" failures="0"><testcase name="a" time="0.1"/></testsuite>',
    );
    expect((await world.ym('stranger', ['record', 'artifact', 'shop.js', ...run])).exit).not.toBe(0);
    await ok(
      world.ym('job', [
        'record',
        'ticket',
        'SHOP-12',
        '--service',
        'shop',
        '--title',
        'Sell by the *dozen*',
        '--state',
        'open',
        '--type',
        'story',
      ]),
    );
    await ok(world.ym('job', ['record', 'artifact', 'shop.js', ...run]));
    await ok(world.ym('job', ['record', 'report', 'junit.xml', '--kind', 'junit', ...run]));
    await ok(world.ym('job', ['record', 'build', '--state', 'succeeded', ...run.slice(0, -2)]));

    const release = (await ok(world.ym('rita', ['release', 'create', 'shop', '--commit', commit]))).body;
    const shown = (await world.call('GET', `/v1/releases/${String(release['id'])}`, 'mona')).body;
    expect(shown['notes']).toContain('### Tickets\n\n- SHOP-12: Sell by the \\*dozen\\*\n');
    const tell = (place: string) => ['record', 'deployment', 'shop', '--env', place, '--state', 'succeeded', '--check', 'health=passed'];
    await until('dev is admitted', async () =>
      (await world.ym('job', ['may-ship', 'shop', '--env', 'dev', '--admit'])).exit === 0 ? true : null,
    );
    await ok(world.ym('job', [...tell('dev'), '--system', 'argo', '--run-id', 'dev-1']));
    await ok(world.ym('beth', ['approve', 'shop', '--env', 'prod', '--reason', 'read the diff']));
    const asked = await until('the tickets are read', async () => {
      const said = await world.ym('job', ['may-ship', 'shop', '--env', 'prod']);
      return said.text.includes('Every story is done') && said.body['verdict'] === 'deny' ? said : null;
    });
    expect(asked.exit).not.toBe(0);
    // Another hour of nothing would not do it; the story does.
    await ok(
      world.ym('job', [
        'record',
        'ticket',
        'SHOP-12',
        '--service',
        'shop',
        '--title',
        'Sell by the *dozen*',
        '--state',
        'done',
        '--type',
        'story',
      ]),
    );
    const go = await until('prod is admitted', async () => {
      const said = await world.ym('job', ['may-ship', 'shop', '--env', 'prod', '--admit']);
      return said.exit === 0 ? said : null;
    });
    expect(go.body).toMatchObject({ go: true, verdict: 'allow' });
    const told = await ok(world.ym('job', [...tell('prod'), '--system', 'argo', '--run-id', 'prod-1']));
    expect(told.text).toContain('"admitted":true');
    expect((await world.call('GET', '/v1/environments/prod/services', 'mona')).body).toMatchObject({
      items: [{ service: 'shop', running: { version: '0.1.0' } }],
    });
  } finally {
    await world.close();
  }
}, 600_000);

function catalogOf(repository: string): string {
  return `policy: startup
teams: { crew: { title: Crew } }
environments:
  dev: { kind: development, deployed-by: external }
  prod: { kind: production, after: dev, protected: true, deployed-by: external }
services:
  shop: { team: crew, tier: 3, repository: "file://${repository}" }
`;
}

/** The preset, and two checks of one's own for production: who told of the build, and that every story is done. */
function policyOf(issuer: string): string {
  const policy = parse(readFileSync(join(root, 'examples/policies/startup.yaml'), 'utf8')) as {
    checks: Record<string, object>;
    tiers: Record<string, Record<string, { checks: string[]; supplyChain: { sbom: boolean } }>>;
  };
  policy.checks['told-by-our-ci'] = {
    title: 'Our CI told of it, by itself',
    rule: `build.via == 'workload' && build.issuer == '${issuer}' && build.repository == 'acme/shop'`,
    remedy: 'Let the job of the repository record it.',
    mode: 'block',
  };
  policy.checks['stories-done'] = {
    title: 'Every story is done',
    rule: 'tickets.size() > 0 && tickets.all(t, t.done)',
    remedy: 'Finish the stories that it is made for.',
    mode: 'block',
  };
  const production = policy.tiers['3']?.['production'];
  production?.checks.push('told-by-our-ci', 'stories-done');
  if (production !== undefined) production.supplyChain.sbom = false;
  return stringify(policy);
}
