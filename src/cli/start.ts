import { enoughFor, quick } from './quick.ts';

/**
 * The entry of `ym`. What asks a repository and nobody else answers within a few milliseconds after Node is there; all
 * else, and whatever is typed wrongly, goes to the whole program.
 */
export async function cliMain(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  if (enoughFor(argv) && (await quick(argv))) return;
  const { cliMain: whole } = await import('./main.ts');
  await whole(argv);
}
