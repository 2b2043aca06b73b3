#!/usr/bin/env -S node --max-semi-space-size=4
import { createRequire } from 'node:module';
import { launch } from './launch.mjs';

const USAGE = `Yardmaster takes software from a commit to production, and can prove why each step was allowed.

Usage: yardmaster COMMAND [options]

  server               the API, the engine and the ledger (also without a command)
  runner               builds what the server plans
  agent                runs services on this machine and moves their traffic
  agent rollback       goes back on this machine without the server
  agent down           stops everything that an agent runs on this machine
  doctor               what is isolated, missing or wrong here, with remedies
  support-bundle       what helps to find a fault, without secrets or people
  keys                 the keys of stored secrets: show, rotate, remove
  backup               a whole backup of this instance; backup verify: compares one with its manifest
  restore              brings a backup into an empty place, paused; restore status: what differs
  ledger audit         reads the whole ledger again and names what was changed
  ledger open-epoch    goes on with the ledger after a restore
  demo                 the whole road with real commits, processes and traffic, told as a story (--exit: ends at its end)

  yardmaster COMMAND --help tells of its options; --version prints the version.
  ym is the command line for people.
`;

const [first = 'server', ...rest] = process.argv.slice(2);
const entries = {
  server: ['app/main', (module) => module.serverMain(rest)],
  runner: ['runner/start', (module) => module.runnerMain(rest)],
  agent: ['agent/start', (module) => module.agentMain(rest)],
  doctor: ['app/doctor.system', (module) => module.doctorMain(rest)],
  'support-bundle': ['app/support.system', (module) => module.supportMain(rest)],
  keys: ['app/keys.system', (module) => module.keysMain(rest)],
  ledger: ['app/ledger.system', (module) => module.ledgerMain(rest)],
  backup: ['app/backup.system', (module) => module.backupMain(rest)],
  restore: ['app/restore.system', (module) => module.restoreMain(rest)],
  demo: ['examples/demo/demo.mjs', (module) => module.demoMain(rest)],
};
if (['--help', '-h', 'help'].includes(first)) {
  process.stdout.write(USAGE);
} else if (['--version', '-V'].includes(first)) {
  process.stdout.write(`${createRequire(import.meta.url)('../package.json').version}\n`);
} else if (!Object.hasOwn(entries, first)) {
  process.stderr.write(`yardmaster: there is no command "${first}".\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  await launch(import.meta.url, ...entries[first]);
}
