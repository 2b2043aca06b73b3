import { createWriteStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getBundle, getTrust, listFacts, traceFrom } from '../../contract/evidence.ts';
import { unreadable } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { findRelease } from '../refs.ts';
import { plain, table } from '../terminal.ts';

/** ym trace, ym bundle, ym trust, ym facts */
export const evidenceCommands: AddCommand = (program, run) => {
  program
    .command('trace <from>')
    .description('walk commit, run, artifact, release, approval, deployment, incident both ways')
    .action(
      run(async (shell, from: string) => {
        const client = shell.client();
        const direct = /^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40,64})$/.test(from);
        const node = direct ? from : (await findRelease(client, from)).id;
        const trace = await client.call(traceFrom, { params: { node } });
        const rows = trace.nodes.map((one) => [
          { back: '<-', start: '==', forward: '->' }[one.direction],
          one.kind,
          one.id,
          `${one.facts.length} facts`,
        ]);
        shell.print(plain(table(rows)) + (trace.cut ? '\n(cut at its limit)' : ''), trace);
      }),
    );
  program
    .command('bundle <release>')
    .description('write the evidence bundle of a release: one file that a stranger verifies offline')
    .option('-o, --out <file>')
    .option('--since <sizes>', 'sizes of checkpoints that you keep, with commas between')
    .action(
      run(async (shell, name: string, options: { out?: string; since?: string }) => {
        const client = shell.client();
        const release = await findRelease(client, name);
        const file = options.out ?? `${release.service}-${release.version}.bundle.json`;
        shell.progress(`Packing the evidence of ${release.service}@${release.version} ...`);
        const { stream } = await client.call(
          getBundle,
          { params: { release: release.id }, query: { since: options.since } },
          { timeoutMs: 120_000 },
        );
        const part = `${file}.part`;
        try {
          await pipeline(Readable.fromWeb(stream as never), createWriteStream(part, { mode: 0o644 }));
          await rename(part, file);
        } catch (error) {
          await rm(part, { force: true });
          throw (error as NodeJS.ErrnoException).code === undefined
            ? error
            : unreadable({ file, why: (error as NodeJS.ErrnoException).code ?? '' });
        }
        shell.print(`Wrote ${file}. Verify it anywhere, without a server: ym verify ${file} --trust trust.json`, {
          file,
          release: release.id,
        });
      }),
    );
  program
    .command('trust')
    .description('fetch the trust file (public keys, anchor checkpoints): once, over a way you trust, then keep it')
    .option('-o, --out <file>', 'where to', 'trust.json')
    .action(
      run(async (shell, options: { out: string }) => {
        const trust = await shell.client().call(getTrust);
        await writeFile(options.out, `${JSON.stringify(trust, null, 2)}\n`);
        shell.print(`Wrote ${options.out} with ${trust.keys.length} keys.`, {
          file: options.out,
          keys: trust.keys.map((key) => key.keyId),
        });
      }),
    );
  program
    .command('facts')
    .description('search what happened, newest first')
    .option('--type <type>', 'a type, or its beginning with a dot: service.')
    .option('--about <id>', 'facts that name this anywhere')
    .option('--service <service>')
    .option('--limit <n>', 'how many', '30')
    .action(
      run(async (shell, options: { type?: string; about?: string; service?: string; limit: string }) => {
        const list = await shell.client().call(listFacts, {
          query: { type: options.type, mentions: options.about, service: options.service, limit: Number(options.limit) },
        });
        shell.print(plain(table(list.items.map((one) => [one.at, one.type, one.subject, one.actor]))), list);
      }),
    );
};

/** A JSON file, or a problem that names it. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable({ file, why: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}
