import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Who wrote and who committed, by the first part of their address. */
export type Hands = { readonly author: string; readonly committer?: string; readonly coAuthor?: string };

export type GitRepository = {
  readonly url: string;
  /** Writes files over those of the repository and commits them on main; answers the commit. */
  commit(hands: Hands, subject: string, files?: Readonly<Record<string, string>>): Promise<string>;
};

const JUNIT = `<testsuite name="shop" tests="1" failures="0"><testcase classname="shop" name="sells" time="0.1"/></testsuite>`;
export const PIPELINE = `name: shop
jobs:
  build:
    steps:
      - run: mkdir -p dist reports && cp server.js package.json package-lock.json dist/ && cp junit.xml reports/
    reports: [{ kind: junit, path: reports/junit.xml }]
    artifacts: [{ name: shop, path: dist }]
`;
const FILES: Readonly<Record<string, string>> = {
  '.yardmaster/pipeline.yaml': PIPELINE,
  'junit.xml': JUNIT,
  'server.js': 'console.log("shop");\n',
  'package.json': '{ "name": "shop", "version": "0.0.0", "private": true }\n',
  'package-lock.json': '{ "name": "shop", "version": "0.0.0", "lockfileVersion": 3, "packages": {} }\n',
};

/** A repository whose service builds in a moment and needs nothing. */
export async function gitRepository(path: string): Promise<GitRepository> {
  mkdirSync(path, { recursive: true });
  const git = (hands: Hands, ...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile('git', ['-C', path, ...args], { env: identity(hands) }, (error, stdout, stderr) =>
        error === null ? resolve(stdout.trim()) : reject(new Error(stderr)),
      );
    });
  await git({ author: 'ann' }, 'init', '-q', '-b', 'main');
  let first = true;
  return {
    url: `file://${path}`,
    async commit(hands, subject, files = {}) {
      const all = first ? { ...FILES, ...files } : files;
      first = false;
      for (const [name, text] of Object.entries({ ...all, 'last-change': `${subject} ${Math.random()}\n` })) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), text);
      }
      const message =
        hands.coAuthor === undefined ? subject : `${subject}\n\nCo-authored-by: ${hands.coAuthor} <${hands.coAuthor}@example.org>`;
      await git(hands, 'add', '-A');
      await git(hands, 'commit', '-q', '-m', message);
      return git(hands, 'rev-parse', 'HEAD');
    },
  };
}

function identity({ author, committer = author }: Hands): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author}@example.org`,
    GIT_COMMITTER_NAME: committer,
    GIT_COMMITTER_EMAIL: `${committer}@example.org`,
  };
}
