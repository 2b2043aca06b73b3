import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { logOf, yardmaster, yardmasterEnds, type Started } from './daemon.fixture.ts';
import { handOver, userCalled } from './user.system.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped: handing over to another user is tested by root only');
const asRoot = isRoot ? test : test.skip;

const root = mkdtempSync(join(tmpdir(), 'ym-user-'));
chmodSync(root, 0o755);
const started: Started[] = [];
const states: string[] = [];
afterAll(async () => {
  for (const one of started) one.child.kill('SIGKILL');
  await Promise.all(started.map((one) => one.ended));
  // The router of an agent outlives it.
  for (const state of states) await yardmasterEnds(['agent', 'down', '--state', state, '--yes']);
  rmSync(root, { recursive: true, force: true });
});

const nobody = isRoot ? userCalled('nobody') : { name: 'nobody', uid: 65_534, gid: 65_534, home: '/' };
const ownerOf = (path: string): number => statSync(path).uid;

/** An agent that has a key already and a server that is away. */
function agentIn(state: string, more: readonly string[], node = process.execPath): Started {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  states.push(state);
  writeFileSync(join(state, 'identity.json'), JSON.stringify({ agent: 'agt_x', name: 'm', key: 'ym_agt_x' }), { mode: 0o600 });
  const args = ['agent', '--url', 'http://127.0.0.1:9', '--name', 'm', '--state', state, '--router', 'builtin', ...more];
  const one = yardmaster(args, { SECRET_OF: 'root', HOME: '/root' }, node);
  started.push(one);
  return one;
}

asRoot(
  'an agent becomes the user before it does anything, with its files, groups, home and processes',
  async () => {
    const state = join(root, 'agent');
    const agent = agentIn(state, ['--user', 'nobody']);
    await agent.says(/is ready/);
    const status = readFileSync(`/proc/${agent.pid}/status`, 'utf8');
    const id = (key: string): string[] => (new RegExp(`^${key}:(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/);
    expect(id('Uid')).toEqual(Array(4).fill(String(nobody.uid)));
    expect(id('Gid')).toEqual(Array(4).fill(String(nobody.gid)));
    expect(id('Groups')).toEqual(execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim().split(' '));
    expect(id('CapEff')).toEqual(['0000000000000000']);
    for (const name of ['', 'identity.json', 'acts.jsonl', 'agent.pid.json', 'router/router.json'])
      expect(ownerOf(join(state, name))).toBe(nobody.uid);
    const router = JSON.parse(readFileSync(join(state, 'router/router.json'), 'utf8')) as { pid: number };
    expect(ownerOf(`/proc/${router.pid}`)).toBe(nobody.uid);
    const env = readFileSync(`/proc/${agent.pid}/environ`, 'utf8').split('\0');
    expect(env).toContain(`HOME=${state}`);
    expect(env).toContain('USER=nobody');
    expect(logOf(agent.said().err).map((line) => line['msg'])).toContain(`running as nobody (${nobody.uid})`);
    // Root's commands on this folder act as its user too, and leave nothing of root's in it.
    const down = await yardmasterEnds(['agent', 'down', '--state', state, '--yes']);
    expect(down).toMatchObject({ code: 0, err: '' });
    expect(await agent.ended).toBe(0);
    for (const name of ['acts.jsonl', 'agent.pid.json']) expect(ownerOf(join(state, name))).toBe(nobody.uid);
  },
  60_000,
);

asRoot(
  'a folder once handed over goes on belonging to its user, and root is told who it stays where it is nobody',
  async () => {
    const handed = join(root, 'again');
    mkdirSync(handed);
    chownSync(handed, nobody.uid, nobody.gid);
    const again = agentIn(handed, []);
    chownSync(join(handed, 'identity.json'), nobody.uid, nobody.gid);
    await again.says(/running as nobody/);
    await again.says(/is ready/);
    const stays = agentIn(join(root, 'stays'), []);
    await stays.says(/is ready/);
    expect(logOf(stays.said().err)[0]?.['msg']).toMatch(/^running as root; --user NAME/);
    expect(ownerOf(`/proc/${stays.pid}`)).toBe(0);
    for (const state of [handed, join(root, 'stays')])
      expect((await yardmasterEnds(['agent', 'down', '--state', state, '--yes'])).code).toBe(0);
  },
  60_000,
);

asRoot(
  'a Node that the user can not reach is copied into the state folder',
  async () => {
    const closed = join(root, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const node = join(closed, 'node');
    const ours = realpathSync(process.execPath);
    try {
      linkSync(ours, node);
    } catch {
      copyFileSync(ours, node);
    }
    const state = join(root, 'copied');
    const agent = agentIn(state, ['--user', 'nobody'], node);
    await agent.says(/is ready/);
    const copy = join(state, `node-${process.version}`, 'bin', 'node');
    expect(realpathSync(`/proc/${agent.pid}/exe`)).toBe(realpathSync(copy));
    expect(ownerOf(copy)).toBe(nobody.uid);
    expect((await yardmasterEnds(['agent', 'down', '--state', state, '--yes'])).code).toBe(0);
  },
  60_000,
);

asRoot(
  'where it can not be made to work, what was asked is refused, and what is only the default is told',
  async () => {
    const shut = join(root, 'shut');
    mkdirSync(shut, { mode: 0o700 });
    const asked = agentIn(join(shut, 'agent'), ['--user', 'nobody']);
    expect(await asked.ended).toBe(1);
    expect(logOf(asked.said().err)).toMatchObject([{ code: 'daemon.can-not-run-as' }]);
    expect([ownerOf(join(shut, 'agent')), ownerOf(join(shut, 'agent/identity.json'))]).toEqual([0, 0]);
    const runner = await yardmasterEnds(['runner', '--url', 'http://127.0.0.1:9', '--name', 'r', '--state', join(shut, 'runner')]);
    expect(runner.code).toBe(1);
    const lines = logOf(runner.err);
    expect(lines[0]?.['msg']).toMatch(/^running as root: This can't run as yardmaster-runner/);
    // It went on, as root, to what else is wrong.
    expect(lines.at(-1)).toMatchObject({ code: 'runner.not-registered' });
  },
  60_000,
);

asRoot(
  "root's runner is yardmaster-runner, whose sandbox works and whose steps are nobody's root",
  async () => {
    const user = ((): { readonly uid: number } | null => {
      try {
        return userCalled('yardmaster-runner');
      } catch {
        return null;
      }
    })();
    if (user === null) return console.warn('skipped: there is no user yardmaster-runner yet; the first runner that root starts makes it');
    const state = join(root, 'runner');
    mkdirSync(state, { mode: 0o700 });
    const url = 'http://127.0.0.1:9';
    const planKeys = [{ keyId: 'k', publicKeyPem: 'p' }];
    const identity = { url, name: 'r', runner: 'rnr_x', key: 'ym_rnr_x', pool: 'default', trust: 'trusted', planKeys };
    writeFileSync(join(state, 'runner.json'), JSON.stringify(identity), { mode: 0o600 });
    const runner = yardmaster(['runner', '--url', url, '--name', 'r', '--state', state]);
    started.push(runner);
    await runner.says(/is ready/);
    expect(ownerOf(`/proc/${runner.pid}`)).toBe(user.uid);
    expect(ownerOf(join(state, 'runner.json'))).toBe(user.uid);
    const ready = logOf(runner.said().err).at(-1)?.['msg'];
    if ((process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'bwrap'))))
      expect(ready).toContain('host, sandbox');
    runner.child.kill('SIGTERM');
    expect(await runner.ended).toBe(0);
  },
  60_000,
);

asRoot('nobody is given what is not state, or what others than root can exchange meanwhile', () => {
  const user = { uid: nobody.uid, gid: nobody.gid };
  const give = (folder: string) => (): void => handOver({ folder, knownBy: ['known'] }, user);
  const make = (name: string, files: readonly string[], owner = 0, mode = 0o700): string => {
    const folder = join(root, name);
    mkdirSync(folder);
    chmodSync(folder, mode);
    for (const file of files) writeFileSync(join(folder, file), '');
    chownSync(folder, owner, owner);
    return folder;
  };
  const other = make('other', ['passwd', 'shadow']);
  expect(give(other)).toThrow(/holds other things than state/);
  expect(ownerOf(join(other, 'shadow'))).toBe(0);
  expect(give(make('foreign', ['known'], 12_345))).toThrow(/belongs to the user 12345/);
  expect(give(make('open', ['known'], 0, 0o777))).toThrow(/can write into it/);
  expect(give(join(make('theirs', [], nobody.uid), 'inside'))).toThrow(/others than root can change/);
  expect(give(join(make('writable', [], 0, 0o777), 'inside'))).toThrow(/others than root can change/);

  const good = make('good', ['known']);
  const outside = join(root, 'outside');
  writeFileSync(outside, '');
  symlinkSync(outside, join(good, 'link'));
  give(good)();
  expect([ownerOf(good), ownerOf(join(good, 'known')), ownerOf(outside)]).toEqual([nobody.uid, nobody.uid, 0]);
});

asRoot.each(['no-such-user', '-o', '$(id)', 'a b', ''])('a user that is none is refused: %j', (name) => {
  expect(() => userCalled(name)).toThrow(expect.objectContaining({ code: 'daemon.no-such-user' }) as Error);
});
