import { dirname, join } from 'node:path';
import { runProcess } from '../host/process.run.ts';
import { shellCommand, type Executor } from './executor.ts';

/** Every process of a host job carries this variable, so that those that flee their group are found. */
export const MARK = 'YM_JOB_MARK';

/** Runs steps as the runner itself, in their own process group and folders, and isolates nothing. */
export function hostExecutor(): Executor {
  return {
    name: 'host',
    isolation: () => [],
    run: ({ place, step, script, output, env, timeoutMs, signal, onOutput, onStart }) => {
      const [command, ...args] = shellCommand(step.shell, script);
      const variables = env({
        path: hostPath(process.env['PATH'] ?? ''),
        home: place.home,
        tmp: place.tmp,
        workspace: place.workspace,
        output,
      });
      return runProcess({
        command,
        args,
        cwd: join(place.workspace, step.directory ?? '.'),
        env: { ...variables, [MARK]: markOf(place.root) },
        timeoutMs,
        signal,
        onOutput,
        onStart,
      });
    },
  };
}

/** The mark of a job's processes: its folder, which no two jobs of a machine share. */
export function markOf(root: string): string {
  return root;
}

/** Our own Node first, so that a step's `node` is the one that this program is made for; package folders of whoever started us are left out. */
function hostPath(path: string): string {
  const inherited = path.split(':').filter((entry) => entry.startsWith('/') && !entry.includes('node_modules'));
  return [dirname(process.execPath), ...inherited].join(':');
}
