import { needed, runDaemon } from '../host/daemon.process.ts';
import { runRunner } from './main.ts';

const OPTIONS = {
  url: { type: 'string' },
  name: { type: 'string' },
  registration: { type: 'string' },
  state: { type: 'string' },
  slots: { type: 'string', default: '1' },
  executor: { type: 'string', multiple: true },
} as const;

/** `yardmaster runner`: builds what the server plans, until it is told to stop. */
export async function runnerMain(argv: readonly string[]): Promise<void> {
  await runDaemon('runner', argv, OPTIONS, async (values, signal) => {
    const executors = values['executor'] as unknown as ('host' | 'sandbox')[] | undefined;
    await runRunner(
      {
        url: needed('runner', values, 'url', process.env['YARDMASTER_URL']),
        name: needed('runner', values, 'name'),
        registration: typeof values['registration'] === 'string' ? values['registration'] : null,
        state: needed('runner', values, 'state'),
        slots: Math.max(1, Math.min(64, Number(values['slots']) || 1)),
        ...(executors === undefined ? {} : { executors }),
        say: (line) => void process.stdout.write(`${line}\n`),
      },
      signal,
    );
  });
}
