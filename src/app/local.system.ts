import { argumentsOf, type Daemon, type DaemonOptions } from '../host/daemon.process.ts';
import type { Floor } from '../platform/floor.ts';
import { gitLogin } from '../integrations/forges/at.system.ts';
import { openFloor } from '../platform/floor.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { wiringOf } from './flow.ts';
import { takePlace } from './place.system.ts';
import { MIGRATIONS } from './server.system.ts';

/**
 * Does one thing on the floor of the server that the settings describe, beside servers that run or without any: what an
 * operator's command does on the machine itself. An embedded database is started where it does not run, and stopped again.
 */
export async function withFloor<Result>(
  daemon: Daemon,
  values: DaemonOptions,
  work: (floor: Floor) => Promise<Result>,
  options: { readonly migrate?: boolean } = {},
): Promise<Result> {
  const config = takePlace([...daemon.name.split(' '), ...argumentsOf(daemon, values, {})], undefined, () => undefined);
  const log = makeLog(config.logLevel === 'info' ? 'warn' : config.logLevel, 'yardmaster');
  const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
  try {
    const where = embedded?.connection ?? { url: config.databaseUrl ?? '' };
    const open = await openFloor({
      config,
      log,
      where,
      wiring: wiringOf(),
      gitLogin,
      migrations: options.migrate === false ? null : MIGRATIONS,
    });
    try {
      return await work(open.floor);
    } finally {
      await open.close();
    }
  } finally {
    await embedded?.stop();
  }
}
