import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../contract/doctor.ts';
import { runDaemon, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import { Problem } from '../kernel/problem.ts';
import { diagnose } from '../operations/doctor/doctor.system.ts';
import { fail, warn } from '../operations/doctor/finding.ts';
import { judgeSchema } from '../operations/doctor/instance.ts';
import { judgeMachine } from '../operations/doctor/machine.ts';
import { machineFacts } from '../operations/doctor/machine.system.ts';
import type { Config } from '../platform/config.ts';
import { openFloor } from '../platform/floor.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { migrationFiles } from '../platform/postgres/migrate.system.ts';
import { makePool, type Where } from '../platform/postgres/pool.system.ts';
import { wiringOf } from './flow.ts';
import { takePlace } from './place.system.ts';
import { MIGRATIONS } from './server.system.ts';

const DOCTOR: Daemon = {
  name: 'doctor',
  about: 'Looks at this machine, the database and the instance, without a server or the network. Ends with 1 where something is wrong.',
  options: { json: { type: 'boolean', help: 'print one JSON object' } },
};

/** `yardmaster doctor`: with the server's settings, beside servers that run or without any. It changes nothing, and migrates nothing. */
export async function doctorMain(argv: readonly string[]): Promise<void> {
  await runDaemon(DOCTOR, argv, async (values: DaemonOptions) => {
    const findings = await examine();
    process.stdout.write(values['json'] === true ? `${JSON.stringify({ findings })}\n` : `${findings.map(lineOf).join('\n')}\n`);
    if (findings.some(({ state }) => state === 'fail')) process.exit(1);
  });
}

function lineOf({ what, state, says, remedy }: Finding): string {
  return `${{ ok: 'ok  ', warn: 'warn', fail: 'FAIL' }[state]}  ${what.padEnd(12)} ${says}${remedy === null ? '' : `\n${' '.repeat(19)}${remedy}`}`;
}

/** What `yardmaster doctor` finds; where the settings themselves are wrong, that alone. */
export async function examine(): Promise<Finding[]> {
  let config: Config;
  try {
    config = takePlace(['doctor'], undefined, () => undefined);
  } catch (error) {
    if (error instanceof Problem) return [fail('settings', error.sentence, error.remedy)];
    throw error;
  }
  const machine = async (): Promise<Finding[]> => judgeMachine(await machineFacts(config), Date.now());
  if (config.databaseUrl === null && !existsSync(join(config.state, 'pg')))
    return [...(await machine()), warn('database', `There is no database in ${config.state} yet.`, 'Start a server: yardmaster server')];
  try {
    const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
    try {
      return await inside(config, embedded?.connection ?? { url: config.databaseUrl ?? '' }, machine);
    } finally {
      await embedded?.stop();
    }
  } catch (error) {
    const [says, remedy] =
      error instanceof Problem
        ? [error.sentence, error.remedy]
        : [
            `The database can't be opened: ${(error as Error).message.slice(0, 200)}.`,
            'See postgres.log in the state folder, or what DATABASE_URL names.',
          ];
    return [...(await machine()), fail('database', says, remedy)];
  }
}

async function inside(config: Config, where: Where, machine: () => Promise<Finding[]>): Promise<Finding[]> {
  const log = makeLog('silent', 'doctor');
  const pool = makePool(where, 'yardmaster-doctor', 2, log);
  const schema = await schemaOf(pool).finally(() => pool.end());
  if (schema.pending.length > 0)
    return [
      ...(await machine()),
      judgeSchema(schema.pending, schema.newer),
      warn(
        'instance',
        'The rest is looked at once the schema is that of this version.',
        'Start the server, or: yardmaster server --migrate-only',
      ),
    ];
  const open = await openFloor({ config, log, where, wiring: wiringOf(), migrations: null });
  try {
    return [judgeSchema([], schema.newer), ...(await diagnose(open.floor))];
  } finally {
    await open.close();
  }
}

async function schemaOf(pool: ReturnType<typeof makePool>): Promise<{ pending: string[]; newer: string[] }> {
  const known = await migrationFiles(MIGRATIONS);
  const tables = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_name in ('migration', 'expansion')`,
  );
  const applied = new Set<string>();
  for (const { name } of tables.rows) {
    const sql = name === 'migration' ? 'select name from migration' : 'select name from expansion';
    for (const row of (await pool.query<{ name: string }>(sql)).rows) applied.add(row.name);
  }
  return { pending: known.filter((name) => !applied.has(name)), newer: [...applied].filter((name) => !known.includes(name)).sort() };
}
