import { execFile, spawn } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apiOf, type Api, type Json } from './api.ts';
import { answering, type Instance, PASSWORD } from './instance.ts';
import { daemonOf, type Daemon } from './processes.ts';
import { until } from './ship.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** An operator's command on the machine of the instance; throws with what it said. */
export async function operate(instance: Instance, state: string, args: readonly string[]): Promise<string> {
  const env = { ...instance.serverEnv, YARDMASTER_STATE: join(instance.folder, state), YARDMASTER_LOG_LEVEL: 'warn' };
  const { stdout } = await run(process.execPath, [join(root, 'bin/yardmaster.mjs'), ...args], {
    env,
    cwd: instance.folder,
    maxBuffer: 64 * 1024 ** 2,
    timeout: 120_000,
  });
  return stdout;
}

/** A backup of one exact moment, and (written beside it) what an outsider saw of that same moment. */
export async function backUpAtMoment(instance: Instance, name: string): Promise<void> {
  const holder = spawn(
    process.execPath,
    [join(root, 'campaigns/outside/at-snapshot.mjs'), '--folder', instance.folder, '--state', 'state'],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = linesOf(holder.stdout);
  try {
    const snapshot = (await lines.next()).value ?? '';
    await operate(instance, 'state', ['backup', '--to', join(instance.folder, name), '--snapshot', snapshot, '--json']);
    holder.stdin.end();
    writeFileSync(join(instance.folder, `${name}.moment.json`), (await lines.next()).value ?? '');
    await operate(instance, 'state', ['backup', 'verify', join(instance.folder, name)]);
  } finally {
    holder.kill();
  }
}

async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string, string> {
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  return rest;
}

/** Restores into a folder beside the old one, with a copy of its keys, and starts a server there on the old one's address. */
export async function restoreBeside(instance: Instance, name: string): Promise<Daemon> {
  const { folder } = instance;
  cpSync(join(folder, 'state.keys'), join(folder, 'restored.keys'), { recursive: true });
  rmSync(join(folder, 'restored.keys/postgres.password'));
  await operate(instance, 'restored', ['restore', '--from', join(folder, name), '--reason', 'a drill']);
  const port = instance.ports[0] ?? 0;
  const server = daemonOf({
    name: 'server-restored',
    args: ['server'],
    env: { ...instance.serverEnv, YARDMASTER_STATE: join(folder, 'restored'), YARDMASTER_PORT: String(port) },
    log: join(folder, 'server-restored.log'),
  });
  server.start();
  await answering(port, 60_000, join(folder, 'server-restored.log'));
  return server;
}

/** Sessions from before have ended: Ada and Bob sign in again. */
export async function signInAgain(instance: Instance): Promise<{ ada: Api; bob: Api }> {
  const anybody = apiOf(`http://127.0.0.1:${instance.balancer.port}`, instance.journal);
  const as = async (email: string): Promise<Api> =>
    anybody.as(String((await anybody.send('POST', '/v1/sessions', { email, password: PASSWORD }))['token']));
  return { ada: await as('ada@example.org'), bob: await as('bob@example.org') };
}

/** Once every agent that is needed has told what runs, and nothing is under way on its machine any more. */
export async function toldByAll(ada: Api): Promise<Json> {
  return until('the agents to tell what runs', async () => {
    const status = await ada.get('/v1/admin/restore');
    const silent = (status['agents'] as Json[]).some((agent) => agent['needed'] === true && agent['reportedAt'] === null);
    const underWay = (status['unknownActs'] as Json[]).some((act) => act['outcome'] === 'under way');
    return silent || underWay ? null : status;
  });
}

/** Lets the outside program compare; throws with what it found. */
export async function compare(instance: Instance, what: string, args: readonly string[]): Promise<string> {
  const checker = join(root, 'campaigns/outside/restored.mjs');
  try {
    const { stdout } = await run(process.execPath, ['--no-concurrent-sparkplug', checker, what, '--folder', instance.folder, ...args], {
      maxBuffer: 64 * 1024 ** 2,
    });
    return stdout.trim();
  } catch (error) {
    throw new Error(
      `the outside checker found something (${what}):\n${(error as { stdout?: string }).stdout ?? ''}${(error as { stderr?: string }).stderr ?? ''}`,
      { cause: error },
    );
  }
}
