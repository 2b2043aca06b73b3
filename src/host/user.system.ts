import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, lchownSync, lstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { cannotRunAs, noSuchUser, notOurFolder, onlyRootChanges } from './daemon.problems.ts';

export type SystemUser = { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string };

/** A folder that goes to the user, and names of which at least one is in every earlier state folder of this kind. */
export type Handed = { readonly folder: string; readonly knownBy: readonly string[] };

export type Becoming = {
  /** What `--user` says; undefined: nothing. */
  readonly asked: string | undefined;
  /** Who it is where root asks for nobody, made where it is missing; null: it stays root. */
  readonly automatic: string | null;
  /** What is handed over; the first one's owner is who it was before, and goes on being it. */
  readonly handed: readonly [Handed, ...Handed[]];
  /** The arguments after the script, and what the environment must hold besides, with nothing that depends on who asks. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
};

/**
 * Started by root, hands the state over to another user and becomes that user, before anything else is done: this process
 * is replaced by a fresh one of the same number, that never was root. Returns where nothing is to change: not
 * root, or root on purpose or for want of a user, and then it says so. Throws a Problem where what was asked can't be done.
 */
export function becomeUser(becoming: Becoming): void {
  const { asked, say } = becoming;
  if (process.getuid?.() !== 0) {
    if (asked !== undefined && asked !== userInfo().username) throw onlyRootChanges({ user: asked });
    return;
  }
  if (asked === 'root') return;
  const before = ownerOf(becoming.handed[0].folder);
  if (asked === undefined && before === 0 && becoming.automatic === null) {
    return say('running as root; --user NAME hands the state folder to that user and runs as it');
  }
  if (asked !== undefined || before !== 0) return become(becoming, userCalled(asked ?? String(before)));
  try {
    become(becoming, madeUser(becoming.automatic ?? ''));
  } catch (error) {
    say(`running as root: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function become(becoming: Becoming, user: SystemUser): void {
  if (user.uid === 0) return;
  const state = becoming.handed[0].folder;
  const { node, path } = ready(becoming.handed, user);
  const home = isFolderOf(user.home, user) ? user.home : state;
  becoming.say(`running as ${user.name} (${user.uid})`);
  const env = { ...process.env, ...becoming.env, PATH: path, HOME: home, USER: user.name, LOGNAME: user.name };
  // Missing in the types of Node.
  (process as unknown as { initgroups(name: string, gid: number): void }).initgroups(user.name, user.gid);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  if (process.getuid?.() !== user.uid || process.getgid?.() !== user.gid) throw cannotRunAs({ user: user.name, why: 'the system refuses' });
  process.chdir('/');
  // A fresh program has nothing of root's in its memory, and the system counts it as the user's own.
  process.execve?.(node, [node, ...process.execArgv, process.argv[1] ?? '', ...becoming.argv], env);
}

/** Hands everything over and finds out what the user can reach. Where that fails, root has back what was root's: half a way is worse than none. */
function ready(handed: Becoming['handed'], user: SystemUser): Reach {
  const roots = handed.filter(({ folder }) => ownerOf(folder) === 0);
  try {
    for (const one of handed) handOver(one, user);
    return reachable(handed[0].folder, handed, user);
  } catch (error) {
    for (const { folder } of roots) takeBack(folder);
    throw error;
  }
}

/** The uid that a folder belongs to; 0 where there is none yet. */
function ownerOf(folder: string): number {
  return lstatSync(folder, { throwIfNoEntry: false })?.uid ?? 0;
}

/** The user of that name or number. The name comes from a person, so it must look like one before a program sees it. */
export function userCalled(name: string): SystemUser {
  const user = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/.test(name) ? lookUp(name) : null;
  if (user === null) throw noSuchUser({ user: name });
  return user;
}

function lookUp(name: string): SystemUser | null {
  const asked = spawnSync('getent', ['passwd', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const fields = (asked.stdout ?? '').trim().split(':');
  if (asked.status !== 0 || fields.length < 7) return null;
  return { name: fields[0] ?? '', uid: Number(fields[2]), gid: Number(fields[3]), home: fields[5] ?? '/' };
}

function madeUser(name: string): SystemUser {
  const there = lookUp(name);
  if (there !== null) return there;
  try {
    const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
    execFileSync('useradd', [...options, name], { stdio: 'ignore' });
  } catch {
    // Another process may have made it just now; if not, the look below tells.
  }
  return userCalled(name);
}

/**
 * Gives a state folder of root's to the user, its top last: whoever owns the top owns all. What belongs to another
 * user already is never walked by root, because its owner could put links to other people's files in the way.
 */
export function handOver({ folder, knownBy }: Handed, user: Pick<SystemUser, 'uid' | 'gid'>): void {
  const refuse = (why: string): never => {
    throw notOurFolder({ folder, why });
  };
  if (lstatSync(folder, { throwIfNoEntry: false })?.uid === user.uid) return;
  const open = loose(dirname(folder));
  if (open !== null) refuse(`others than root can change ${open}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const top = lstatSync(folder);
  if (!top.isDirectory()) refuse('it is no folder');
  if (top.uid !== 0) refuse(`it belongs to the user ${top.uid}`);
  if ((top.mode & 0o022) !== 0) refuse('others than root can write into it');
  const names = readdirSync(folder);
  // A mistaken `--state /var` must not give the machine away.
  if (names.length > 0 && !names.some((name) => knownBy.includes(name))) refuse('it holds other things than state');
  walk(folder, user);
}

/** Makes a folder root's again that was handed over a moment ago to a user as which nothing has run yet. */
function takeBack(folder: string): void {
  if (existsSync(folder) && ownerOf(folder) !== 0) walk(folder, { uid: 0, gid: 0 });
}

/** The first folder on the way to `path`, itself too, in which another user than root could put something else in the place of what root looks at. */
function loose(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  const sticky = found !== undefined && (found.mode & 0o1000) !== 0;
  if (found !== undefined && (found.uid !== 0 || ((found.mode & 0o022) !== 0 && !sticky))) return path;
  return path === dirname(path) ? null : loose(dirname(path));
}

function walk(path: string, user: Pick<SystemUser, 'uid' | 'gid'>): void {
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) walk(join(path, name), user);
  lchownSync(path, user.uid, user.gid);
}

/** What the user finds out about itself: which of `needed` it can't use, and which folders of PATH it can. */
const PROBE = `
const { accessSync, constants } = require('node:fs');
const can = (path, mode) => { try { accessSync(path, mode); return true; } catch { return false; } };
const { write, read, path } = JSON.parse(process.argv[1]);
const missing = [...write.filter((one) => !can(one, constants.R_OK | constants.W_OK | constants.X_OK)), ...read.filter((one) => !can(one, constants.R_OK))];
console.log(JSON.stringify({ missing, path: path.filter((one) => can(one, constants.X_OK)) }));
`;

type Reach = { readonly node: string; readonly path: string };

/** A Node that the user can run, a copy where ours lies out of its reach, and the part of PATH that it can use. */
function reachable(state: string, handed: readonly Handed[], user: SystemUser): Reach {
  // Where this is a package among others, its dependencies lie beside it and not below it.
  const dependency = createRequire(import.meta.url).resolve('zod');
  const needed = {
    write: handed.map(({ folder }) => folder),
    read: [process.argv[1] ?? '', import.meta.filename, join(import.meta.dirname, '../../package.json'), dependency],
    path: (process.env['PATH'] ?? '').split(':').filter((entry) => entry.startsWith('/')),
  };
  const ask = (node: string): { missing: string[]; path: string[] } | null => {
    const args = ['-e', PROBE, JSON.stringify(needed)];
    const asked = spawnSync(node, args, { uid: user.uid, gid: user.gid, env: {}, cwd: '/', encoding: 'utf8', timeout: 20_000 });
    return asked.status === 0 ? (JSON.parse(asked.stdout) as { missing: string[]; path: string[] }) : null;
  };
  let node = process.execPath;
  let answer = ask(node);
  if (answer === null) {
    node = copiedNode(state, user);
    answer = ask(node);
  }
  if (answer === null) throw cannotRunAs({ user: user.name, why: `it can't reach ${node}` });
  if (answer.missing.length > 0) throw cannotRunAs({ user: user.name, why: `it can't use ${answer.missing.join(', ')}` });
  return { node, path: answer.path.join(':') };
}

/** Copies our Node into the state folder, as the user: root writes nothing where the user could have laid a link. */
function copiedNode(state: string, user: SystemUser): string {
  const copy = join(state, `node-${process.version}`, 'bin', 'node');
  if (statSync(copy, { throwIfNoEntry: false })?.size === statSync(process.execPath).size) return copy;
  const source = openSync(process.execPath, 'r');
  const script = 'umask 022; mkdir -p "$1" && cat > "$1/node.$$" && chmod 755 "$1/node.$$" && mv "$1/node.$$" "$1/node"';
  spawnSync('/bin/sh', ['-c', script, 'sh', dirname(copy)], {
    uid: user.uid,
    gid: user.gid,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    stdio: [source, 'ignore', 'ignore'],
  });
  closeSync(source);
  return copy;
}

function isFolderOf(path: string, user: SystemUser): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === user.uid;
}
