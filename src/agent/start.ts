import { resolve } from 'node:path';
import { argumentsOf, misused, needed, runDaemon, USER_OPTION, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import { becomeUser } from '../host/user.system.ts';
import { runAgent } from './agent.run.ts';
import { downOnMachine } from './down.run.ts';
import { rollbackOnMachine } from './rollback.run.ts';

const STATE = { type: 'string', value: 'FOLDER', help: 'where the agent keeps its key, its act log and what it runs' } as const;
const ROUTER = { type: 'string', default: 'auto', value: 'builtin|haproxy|auto', help: 'what moves traffic' } as const;

const AGENT: Daemon = {
  name: 'agent',
  about:
    'Runs services on this machine and moves their traffic, until it is told to stop; they go on without it.\nAlso: yardmaster agent rollback, yardmaster agent down.',
  options: {
    url: { type: 'string', help: "the server's address; else YARDMASTER_URL" },
    name: { type: 'string', value: 'NAME', help: 'what the agent is called' },
    state: STATE,
    registration: { type: 'string', value: 'TOKEN', help: 'the single-use token of the first start' },
    router: ROUTER,
    user: { ...USER_OPTION, help: `${USER_OPTION.help}, services too` },
  },
};

const ROLLBACK: Daemon = {
  name: 'agent rollback',
  about: 'Goes back to the last version that this machine keeps, without the server.',
  options: {
    state: STATE,
    service: { type: 'string', value: 'NAME', help: 'the service' },
    environment: { type: 'string', value: 'NAME', help: 'the environment' },
    reason: { type: 'string', value: 'TEXT', help: 'why; the server is told when it can be' },
    operator: { type: 'string', value: 'NAME', help: 'who does it; else $USER' },
    router: ROUTER,
  },
};

const DOWN: Daemon = {
  name: 'agent down',
  about: 'Stops every service, instance and router of this state folder on this machine, and its agent.',
  options: { state: STATE, yes: { type: 'boolean', help: 'do it; without it, only say what would be stopped' } },
};

/** `yardmaster agent`: runs services on this machine; `agent rollback`, `agent down`: what a person does without the server. */
export async function agentMain(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'rollback') return runDaemon(ROLLBACK, argv.slice(1), rollback);
  if (argv[0] === 'down') return runDaemon(DOWN, argv.slice(1), down);
  await runDaemon(AGENT, argv, async (values, signal, say) => {
    const url = needed(AGENT, values, 'url', process.env['YARDMASTER_URL']);
    const name = needed(AGENT, values, 'name');
    const router = routerOf(AGENT, values['router']);
    const state = stateOf(AGENT, values, values['user'] as string | undefined, say);
    const registration = typeof values['registration'] === 'string' ? values['registration'] : null;
    await runAgent({ url, name, registration, state, router, say }, signal);
  });
}

/** The state folder, once this process is the user that it belongs to. */
function stateOf(daemon: Daemon, values: DaemonOptions, asked: string | undefined, say: (line: string) => void): string {
  const state = resolve(needed(daemon, values, 'state'));
  becomeUser({
    asked,
    automatic: null,
    handed: [{ folder: state, knownBy: ['identity.json', 'agent.pid.json', 'acts.jsonl', 'slots'] }],
    argv: [...daemon.name.split(' '), ...argumentsOf(daemon, values, { state, user: undefined })],
    say: daemon === AGENT ? say : () => undefined,
  });
  return state;
}

async function rollback(values: DaemonOptions, _signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const word = (name: string, fallback?: string): string => needed(ROLLBACK, values, name, fallback);
  const ask = {
    service: word('service'),
    environment: word('environment'),
    reason: word('reason'),
    operator: word('operator', process.env['USER']),
  };
  const router = routerOf(ROLLBACK, values['router']);
  const state = stateOf(ROLLBACK, { ...values, operator: ask.operator }, undefined, say);
  process.stdout.write(`${JSON.stringify(await rollbackOnMachine({ state, router }, ask))}\n`);
}

async function down(values: DaemonOptions, _signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const state = stateOf(DOWN, values, undefined, say);
  process.stdout.write(`${JSON.stringify(await downOnMachine({ state, yes: values['yes'] === true }))}\n`);
}

function routerOf(daemon: Daemon, value: unknown): 'builtin' | 'haproxy' | 'auto' {
  if (value === 'builtin' || value === 'haproxy' || value === 'auto') return value;
  return misused(daemon, '--router is builtin, haproxy or auto');
}
