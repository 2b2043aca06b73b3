import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many numbered lines the test step prints; the checker counts them in the stored log. */
export const LINES = 200;

const PIPELINE = `name: clock
on:
  push: { branches: [main] }
jobs:
  test:
    retries: 5
    secrets: [PLANTED]
    steps:
      - name: test
        run: node test.mjs
    reports:
      - { kind: junit, path: reports/junit.xml }
  package:
    needs: [test]
    retries: 5
    steps:
      - name: collect
        run: mkdir -p dist && cp server.mjs mark.txt package.json package-lock.json dist/
    artifacts:
      - { name: clock, path: dist }
`;

/** Prints its lines over some time, so that there is something to interrupt, and the secret whole and in two writes. */
const TEST = `import { mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
const mark = readFileSync('mark.txt', 'utf8').trim();
const secret = process.env.PLANTED ?? '';
if (secret === '') { console.log('no secret was given'); process.exit(3); }
for (let line = 1; line <= ${LINES}; line += 1) {
  console.log(\`line \${line} of \${mark}\`);
  if (line % 20 === 0) await sleep(20);
  if (line === 50) console.log(\`whole \${secret} and coded \${Buffer.from(secret).toString('base64')}\`);
  if (line === 90) { writeSync(1, \`split \${secret.slice(0, 11)}\`); await sleep(30); writeSync(1, \`\${secret.slice(11)}\\n\`); }
}
mkdirSync('reports', { recursive: true });
writeFileSync('reports/junit.xml', \`<testsuite name="clock" tests="1" failures="0"><testcase classname="clock" name="ticks for \${mark}" time="0.1"/></testsuite>\`);
`;

const SERVER = `import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const mark = readFileSync(new URL('./mark.txt', import.meta.url), 'utf8').trim();
createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ mark }));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** A repository with one tiny service. `commit` writes another mark and answers the commit's id. */
export type Repository = { readonly path: string; readonly commit: (mark: string) => string };

export function makeRepository(path: string): Repository {
  mkdirSync(join(path, '.yardmaster'), { recursive: true });
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: path, env: identity(), encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(path, '.yardmaster/pipeline.yaml'), PIPELINE);
  writeFileSync(join(path, 'test.mjs'), TEST);
  writeFileSync(join(path, 'server.mjs'), SERVER);
  writeFileSync(join(path, 'package.json'), '{ "name": "clock", "version": "0.0.0", "private": true, "type": "module" }\n');
  writeFileSync(join(path, 'package-lock.json'), '{ "name": "clock", "version": "0.0.0", "lockfileVersion": 3, "packages": {} }\n');
  return {
    path,
    commit(mark) {
      writeFileSync(join(path, 'mark.txt'), `${mark}\n`);
      git('add', '-A');
      git('commit', '-q', '-m', `feat: tell the time as ${mark}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

function identity(): NodeJS.ProcessEnv {
  const who = { NAME: 'Dora Developer', EMAIL: 'dora@example.org' };
  return {
    PATH: process.env['PATH'],
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: who.NAME,
    GIT_AUTHOR_EMAIL: who.EMAIL,
    GIT_COMMITTER_NAME: who.NAME,
    GIT_COMMITTER_EMAIL: who.EMAIL,
  };
}
