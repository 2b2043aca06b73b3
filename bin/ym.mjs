#!/usr/bin/env node
import { existsSync } from 'node:fs';

const argv = process.argv.slice(2);
if (!(await toldFromMemory(argv))) {
  const { launch } = await import('./launch.mjs');
  await launch(import.meta.url, 'cli/start', (module) => module.cliMain(argv));
}

/** What was asked of the same repository before is answered by one small file; all else is the whole program's. */
async function toldFromMemory([word]) {
  if (word !== 'version' && word !== 'notes') return false;
  const source = new URL('../src/cli/answers.disk.ts', import.meta.url);
  const isSource = existsSync(source);
  // Only what is written as JavaScript runs on every Node.
  if (isSource && Number(process.versions.node.split('.')[0]) < 24) return false;
  process.getBuiltinModule?.('node:module').enableCompileCache?.();
  const { tellKept } = await import(isSource ? source : new URL('../dist/cli/answers.disk.js', import.meta.url));
  return tellKept(argv);
}
