import { writeFile } from 'node:fs/promises';
import { runDaemon, type Daemon } from '../host/daemon.process.ts';
import { supportBundle, tail } from '../operations/support/bundle.system.ts';
import { withFloor } from './local.system.ts';
import { sealedColumns } from './slices.ts';

const SUPPORT: Daemon = {
  name: 'support-bundle',
  about: 'What helps to find a fault, as one tar.gz without secrets or people; works where no server answers.',
  options: {
    out: {
      type: 'string',
      value: 'FILE',
      default: 'yardmaster-support.tar.gz',
      help: 'where to write it (default: yardmaster-support.tar.gz)',
    },
    log: { type: 'string', value: 'FILE', help: 'a file with the log of the server: its end goes in, redacted' },
  },
};

/** `yardmaster support-bundle`: with the server's settings, on its machine. Nothing is migrated or changed. */
export async function supportMain(argv: readonly string[]): Promise<void> {
  await runDaemon(SUPPORT, argv, async (values) => {
    const out = String(values['out']);
    const log = typeof values['log'] === 'string' ? [await tail(values['log'])] : [];
    const { bytes, manifest } = await withFloor(SUPPORT, values, (floor) => supportBundle(floor, sealedColumns, log), { migrate: false });
    await writeFile(out, bytes, { mode: 0o600 });
    process.stdout.write(
      `${[`Wrote ${out}:`, ...manifest.files.map(({ name, what }) => `  ${name.padEnd(18)} ${what}`), 'Left out:', ...manifest.leftOut.map((one) => `  ${one}`)].join('\n')}\n`,
    );
  });
}
