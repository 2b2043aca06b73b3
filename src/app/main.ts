import { once } from 'node:events';
import { argumentsOf, runDaemon, USER_OPTION, type Daemon } from '../host/daemon.process.ts';
import type { Config } from '../platform/config.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { migrate } from '../platform/postgres/migrate.system.ts';
import { makePool } from '../platform/postgres/pool.system.ts';
import { takePlace } from './place.system.ts';
import { MIGRATIONS, startServer } from './server.system.ts';

const SERVER: Daemon = {
  name: 'server',
  about: 'The API, the engine and the ledger. Its settings are environment variables: YARDMASTER_STATE, YARDMASTER_PORT, DATABASE_URL, ...',
  options: {
    user: USER_OPTION,
    'migrate-only': { type: 'boolean', help: 'bring the schema of the database up to date, and end' },
  },
};

/** Everything that is under way ends in this time, or is cut off: what it did not commit is done again from its rows. */
const STOP_MS = 11_000;

/** What a roll-out does before its first new server: servers of the release before go on beside the new schema. */
async function migrateOnly(config: Config): Promise<void> {
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel, 'yardmaster');
  const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
  const pool = makePool(embedded?.connection ?? { url: config.databaseUrl ?? '' }, 'yardmaster-migrate', 2, log);
  try {
    const { applied } = await migrate(pool, MIGRATIONS);
    process.stdout.write(applied.length === 0 ? 'The schema is up to date.\n' : `Applied: ${applied.join(', ')}\n`);
  } finally {
    await pool.end();
    await embedded?.stop();
  }
}

/** The server process: prints where it is, runs until SIGTERM or SIGINT, then ends what is under way. */
export async function serverMain(argv: readonly string[]): Promise<void> {
  await runDaemon(SERVER, argv, async (values, signal, say) => {
    const asked = values['user'] as string | undefined;
    const config = takePlace(['server', ...argumentsOf(SERVER, values, { user: undefined })], asked, say);
    if (values['migrate-only'] === true) return migrateOnly(config);
    const server = await startServer(config);
    process.stdout.write(`Yardmaster is at ${server.url}\n`);
    if (server.firstAdmin !== null) {
      process.stdout.write(
        `It is empty. Become its first admin at:\n  ${server.url}/setup#${server.firstAdmin}\nor with:\n  ym setup --url ${server.url} --link ${server.firstAdmin} --name "Your Name" --email you@example.org\n`,
      );
    }
    if (!signal.aborted) await once(signal, 'abort');
    const late = setTimeout(() => {
      say(`not everything ended within ${STOP_MS / 1000} s; what was cut off is taken up again`);
      process.exit(0);
    }, STOP_MS + config.shutdownDelayMs);
    await server.stop();
    clearTimeout(late);
  });
}
