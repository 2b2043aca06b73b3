import { Problem } from '../kernel/problem.ts';
import { parseConfig } from '../platform/config.ts';
import { startServer } from './server.system.ts';

/** The server process: prints where it is, runs until SIGTERM or SIGINT, then ends what is under way. */
export async function serverMain(): Promise<void> {
  try {
    const config = parseConfig(process.env, process.getuid?.() === 0);
    const server = await startServer(config);
    process.stdout.write(`Yardmaster is at ${server.url}\n`);
    if (server.firstAdmin !== null) {
      process.stdout.write(
        `It is empty. Become its first admin with:\n  ym setup --url ${server.url} --link ${server.firstAdmin} --name "Your Name" --email you@example.org\n`,
      );
    }
    const stop = (): void => {
      process.once('SIGINT', () => process.exit(130));
      void server.stop().then(() => process.exit(0));
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    process.stderr.write(`${error.sentence}\n${error.remedy}\n[${error.code}]\n`);
    process.exit(1);
  }
}
