import { resolve } from 'node:path';
import { argumentsOf, misused, needed, runDaemon, USER_OPTION, type Daemon } from '../host/daemon.process.ts';
import { becomeUser } from '../host/user.system.ts';
import { runRunner } from './main.ts';

const RUNNER: Daemon = {
  name: 'runner',
  about: 'Builds what the server plans, until it is told to stop.',
  options: {
    url: { type: 'string', help: "the server's address; else YARDMASTER_URL" },
    name: { type: 'string', value: 'NAME', help: 'what the runner is called' },
    state: { type: 'string', value: 'FOLDER', help: 'where it keeps its key and its jobs; nobody else uses it' },
    registration: { type: 'string', value: 'TOKEN', help: 'the single-use token of the first start' },
    slots: { type: 'string', value: 'N', default: '1', help: 'jobs at once, 1 to 64' },
    executor: { type: 'string', multiple: true, value: 'host|sandbox', help: 'offer only this one; may be repeated' },
    user: { ...USER_OPTION, help: `${USER_OPTION.help}; yardmaster-runner unless given, root to stay root` },
  },
};

/** `yardmaster runner`: builds what the server plans, until it is told to stop. */
export async function runnerMain(argv: readonly string[]): Promise<void> {
  await runDaemon(RUNNER, argv, async (values, signal, say) => {
    const state = resolve(needed(RUNNER, values, 'state'));
    const url = needed(RUNNER, values, 'url', process.env['YARDMASTER_URL']);
    const name = needed(RUNNER, values, 'name');
    const slots = slotsOf(values['slots']);
    const executors = executorsOf(values['executor']);
    becomeUser({
      asked: values['user'] as string | undefined,
      automatic: 'yardmaster-runner',
      handed: [{ folder: state, knownBy: ['runner.json', 'jobs', 'pid'] }],
      argv: ['runner', ...argumentsOf(RUNNER, values, { state, user: undefined })],
      say,
    });
    await runRunner(
      {
        url,
        name,
        registration: typeof values['registration'] === 'string' ? values['registration'] : null,
        state,
        slots,
        ...(executors === null ? {} : { executors }),
        say,
      },
      signal,
    );
  });
}

function slotsOf(value: unknown): number {
  const slots = /^\d{1,2}$/.test(String(value)) ? Number(value) : 0;
  return slots >= 1 && slots <= 64 ? slots : misused(RUNNER, '--slots is a whole number from 1 to 64');
}

function executorsOf(value: unknown): ('host' | 'sandbox')[] | null {
  if (value === undefined) return null;
  return (value as string[]).map((one) => (one === 'host' || one === 'sandbox' ? one : misused(RUNNER, '--executor is host or sandbox')));
}
