import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gitAddress, speak, type SpokenPerson, type SpokenRequest } from '../../integrations/forges/speak.fixture.ts';
import { gitBackend } from '../git-server.ts';

/**
 * One forge: its API as its vendor speaks it, and its repositories over git's own http-backend, at one address. What is
 * true there has a version of its own for each merge request, branch protection and repository, and only `move` changes it.
 * Answers take a while that differs, so that a later question is often answered first.
 */
export type ForgeWorld = {
  readonly url: string;
  /** The git address of a repository; made on first sight. */
  readonly address: (path: string) => string;
  readonly now: (path: string, number: number) => SpokenRequest | null;
  readonly isProtected: (path: string) => boolean;
  readonly headOf: (path: string) => string;
  readonly move: (what: 'merge-request' | 'protection' | 'heads', path: string, number?: number) => void;
  readonly asked: () => number;
  close(): Promise<void>;
};

const PIPELINE = 'on: {push: {branches: ["**"]}}\njobs: {build: {steps: [{run: make}]}}\n';

export async function startForgeWorld(vendor: string, root: string, wait: () => number): Promise<ForgeWorld> {
  const versions = new Map<string, number>();
  const numbers = new Map<string, Set<number>>();
  const key = (what: string, path: string, number = 0): string => `${what} ${path.toLowerCase()} ${number}`;
  const version = (what: string, path: string, number = 0): number => versions.get(key(what, path, number)) ?? 0;
  const repositories = new Map<string, { folder: string; head: string }>();
  mkdirSync(root, { recursive: true });
  const first = template(join(root, 'template.git'));
  const now = (path: string, number: number): SpokenRequest | null => truthOf(path, number, version('merge-request', path, number));
  const isProtected = (path: string): boolean => version('protection', path) % 2 === 0;
  const says = speak(vendor, {
    request: now,
    numbers: (path) => [...(numbers.get(path.toLowerCase()) ?? [])],
    protected: isProtected,
  });
  const serve = gitBackend(root);
  let asked = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://forge');
    const git = /^(.+?)\/(info\/refs|git-upload-pack)$/.exec(url.pathname);
    const named = git === null ? undefined : repositories.get(decodeURIComponent(git[1] ?? '').toLowerCase());
    if (git !== null && named !== undefined)
      return serve({ path: `/${named.folder}/${git[2]}`, query: url.search.slice(1), authorization: null }, request, response);
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    asked += 1;
    const heard = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers };
    // What it says is of the moment in which it is asked; on its way it may be overtaken.
    const said = says({ ...heard, body: Buffer.concat(parts).toString('utf8') });
    await sleep(wait());
    if (said === 'hang up') return void request.socket.destroy();
    response.writeHead(said.status ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(said.json ?? {}));
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => request.socket.destroy()));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const place = (path: string): string => decodeURIComponent(new URL(gitAddress(vendor, url, path)).pathname).toLowerCase();
  const repositoryOf = (path: string): { folder: string; head: string } => {
    const known = repositories.get(place(path));
    if (known !== undefined) return known;
    const made = { folder: `r${repositories.size}.git`, head: first };
    cpSync(join(root, 'template.git'), join(root, made.folder), { recursive: true });
    repositories.set(place(path), made);
    return made;
  };
  return {
    url,
    now,
    isProtected,
    asked: () => asked,
    address: (path) => (repositoryOf(path), gitAddress(vendor, url, path)),
    headOf: (path) => repositoryOf(path).head,
    move(what, path, number = 0) {
      versions.set(key(what, path, number), version(what, path, number) + 1);
      if (what === 'merge-request') numbers.set(path.toLowerCase(), (numbers.get(path.toLowerCase()) ?? new Set()).add(number));
      if (what !== 'heads') return;
      const repository = repositoryOf(path);
      repository.head = commit(join(root, repository.folder), repository.head, `feat: change ${version(what, path)}`);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** What is true of a merge request in one of its versions; every seventh is gone in each third of them. */
function truthOf(path: string, number: number, version: number): SpokenRequest | null {
  if (version === 0 || (number % 7 === 3 && version % 3 === 0)) return null;
  const sum = [...path.toLowerCase()].reduce((total, letter) => (total * 31 + letter.charCodeAt(0)) % 9973, number * 17 + version * 5);
  const person = (role: string, id: number): SpokenPerson => ({
    id,
    login: `${role}${id}`,
    name: `${role} ${id}`,
    email: `${role}${id}@example.org`,
  });
  return {
    title: `Change ${number} as of ${version}: <b>${sum}</b> $(id)`,
    state: (['open', 'merged', 'closed'] as const)[sum % 3] ?? 'open',
    branch: `topic-${sum % 5}`,
    target: 'main',
    head: (sum + version * 10_000).toString(16).padStart(40, 'a'),
    fork: sum % 4 === 0,
    author: person('author', sum % 6),
    writer: person('writer', sum % 7),
    reviewer: person('reviewer', sum % 8),
    review: sum % 2 === 0 ? 'approved' : 'changes-requested',
    labels: [`l${sum % 3}`],
  };
}

const ENV = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Bo',
  GIT_AUTHOR_EMAIL: 'bo@example.org',
  GIT_COMMITTER_NAME: 'Bo',
  GIT_COMMITTER_EMAIL: 'bo@example.org',
};

function git(folder: string, args: readonly string[], input?: string): string {
  return execFileSync('git', ['-C', folder, ...args], { env: ENV, encoding: 'utf8', ...(input === undefined ? {} : { input }) }).trim();
}

/** A bare repository with one commit that has a pipeline; answers the commit. */
function template(folder: string): string {
  mkdirSync(folder);
  git(folder, ['init', '-q', '--bare', '-b', 'main']);
  const blob = git(folder, ['hash-object', '-w', '--stdin'], PIPELINE);
  const inner = git(folder, ['mktree'], `100644 blob ${blob}\tpipeline.yaml\n`);
  const tree = git(folder, ['mktree'], `040000 tree ${inner}\t.yardmaster\n`);
  const head = git(folder, ['commit-tree', tree, '-m', 'feat: start']);
  git(folder, ['update-ref', 'refs/heads/main', head]);
  return head;
}

function commit(folder: string, parent: string, message: string): string {
  const head = git(folder, ['commit-tree', git(folder, ['rev-parse', `${parent}^{tree}`]), '-p', parent, '-m', message]);
  git(folder, ['update-ref', 'refs/heads/main', head]);
  return head;
}
