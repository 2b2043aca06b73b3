import { needed, runDaemon, type DaemonOptions } from '../host/daemon.process.ts';
import { runAgent } from './agent.run.ts';
import { askForRollback } from './break-glass.work.ts';

const OPTIONS = {
  url: { type: 'string' },
  name: { type: 'string' },
  registration: { type: 'string' },
  state: { type: 'string' },
  router: { type: 'string', default: 'auto' },
} as const;

const ROLLBACK = {
  state: { type: 'string' },
  service: { type: 'string' },
  environment: { type: 'string' },
  reason: { type: 'string' },
  operator: { type: 'string' },
} as const;

/** `yardmaster agent`: runs services on this machine; `yardmaster agent rollback`: goes back without the server. */
export async function agentMain(argv: readonly string[]): Promise<void> {
  if (argv[0] === 'rollback') return runDaemon('agent rollback', argv.slice(1), ROLLBACK, rollback);
  await runDaemon('agent', argv, OPTIONS, async (values, signal) => {
    await runAgent(
      {
        url: needed('agent', values, 'url', process.env['YARDMASTER_URL']),
        name: needed('agent', values, 'name'),
        registration: typeof values['registration'] === 'string' ? values['registration'] : null,
        state: needed('agent', values, 'state'),
        router: routerOf(values['router']),
        say: (line) => void process.stdout.write(`${line}\n`),
      },
      signal,
    );
  });
}

async function rollback(values: DaemonOptions): Promise<void> {
  const word = (name: string, fallback?: string): string => needed('agent rollback', values, name, fallback);
  const result = await askForRollback(word('state'), {
    service: word('service'),
    environment: word('environment'),
    reason: word('reason'),
    operator: word('operator', process.env['USER']),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function routerOf(value: unknown): 'builtin' | 'haproxy' | 'auto' {
  if (value === 'builtin' || value === 'haproxy' || value === 'auto') return value;
  process.stderr.write('yardmaster agent: --router is builtin, haproxy or auto.\n');
  process.exit(2);
}
