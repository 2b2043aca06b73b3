import { once } from 'node:events';
import { argumentsOf, runDaemon, USER_OPTION, type Daemon } from '../host/daemon.process.ts';
import { takePlace } from './place.system.ts';
import { startServer } from './server.system.ts';

const SERVER: Daemon = {
  name: 'server',
  about: 'The API, the engine and the ledger. Its settings are environment variables: YARDMASTER_STATE, YARDMASTER_PORT, DATABASE_URL, ...',
  options: { user: USER_OPTION },
};

/** Everything that is under way ends in this time, or is cut off: what it did not commit is done again from its rows. */
const STOP_MS = 11_000;

/** The server process: prints where it is, runs until SIGTERM or SIGINT, then ends what is under way. */
export async function serverMain(argv: readonly string[]): Promise<void> {
  await runDaemon(SERVER, argv, async (values, signal, say) => {
    const asked = values['user'] as string | undefined;
    const config = takePlace(['server', ...argumentsOf(SERVER, values, { user: undefined })], asked, say);
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
    }, STOP_MS);
    await server.stop();
    clearTimeout(late);
  });
}
