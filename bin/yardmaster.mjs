#!/usr/bin/env node
import { launch } from './launch.mjs';

const [what = 'server'] = process.argv.slice(2);
const entries = {
  server: ['app/main', (module) => module.serverMain()],
  runner: ['runner/start', (module) => module.runnerMain(process.argv.slice(3))],
  agent: ['agent/start', (module) => module.agentMain(process.argv.slice(3))],
};
const entry = entries[what];
if (entry === undefined) {
  process.stderr.write(`yardmaster: there is no "${what}"; say server, runner or agent.\n`);
  process.exit(2);
}
await launch(import.meta.url, ...entry);
