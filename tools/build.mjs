// npm run build: what the package holds. The program as JavaScript in dist/ (same tree as src/), the screens in web/dist/.
//   --program   only the program
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bin, root } from './steps.mjs';

// What is no longer in src must not stay in the package.
rmSync(join(root, 'dist'), { recursive: true, force: true });
run(bin('tsc'), ['-p', 'tsconfig.build.json']);
if (!process.argv.includes('--program')) run(process.execPath, ['tools/build-web.mjs']);

/** Runs one part of the build in the project's folder, and ends as it ends where that is not well. */
function run(command, args) {
  const ended = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (ended.error !== undefined) throw ended.error;
  if (ended.status !== 0) process.exit(ended.status ?? 1);
}
