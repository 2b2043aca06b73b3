// Real git repositories from the examples, and pushes to them.
import { cpSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './processes.mjs';

const author = (person) => ({
  GIT_AUTHOR_NAME: person.name,
  GIT_AUTHOR_EMAIL: person.email,
  GIT_COMMITTER_NAME: person.name,
  GIT_COMMITTER_EMAIL: person.email,
});
const quiet = ['-c', 'init.defaultBranch=main', '-c', 'commit.gpgsign=false', '-c', 'core.hooksPath=/dev/null'];

/** Makes a bare repository `folder/name` and a clone to work in, from an example, with one commit pushed. */
export async function makeRepository(folder, name, example, person, env) {
  const bare = join(folder, name);
  const work = join(folder, 'work', name);
  mkdirSync(work, { recursive: true });
  await run('git', [...quiet, 'init', '-q', '--bare', bare], { env });
  cpSync(join(root, 'examples/services', example), work, { recursive: true });
  await run('git', [...quiet, 'init', '-q', work], { env });
  await run('git', ['-C', work, 'remote', 'add', 'origin', bare], { env });
  const repository = { name, bare, work, env };
  await push(repository, person, `feat: start ${name}`);
  return repository;
}

/** Commits what is in the working folder and pushes it; answers the commit. */
export async function push({ work, env }, person, message, branch = 'main') {
  const as = { env: { ...env, ...author(person) } };
  await run('git', ['-C', work, ...quiet, 'add', '-A'], as);
  await run('git', ['-C', work, ...quiet, 'commit', '-q', '-m', message], as);
  await run('git', ['-C', work, ...quiet, 'push', '-q', 'origin', `HEAD:${branch}`], as);
  const { stdout } = await run('git', ['-C', work, 'rev-parse', 'HEAD'], as);
  return stdout.trim();
}

/** Puts prepared files over those of a repository: `[from, to]` pairs. */
export function change({ work }, files) {
  for (const [from, to] of files) copyFileSync(join(root, 'examples/demo/changes', from), join(work, to));
}
