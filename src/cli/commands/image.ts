import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import * as contract from '../../contract/images.ts';
import { EXIT } from '../exit-codes.ts';
import type { Run } from '../main.ts';
import { digestOf } from '../refs.ts';
import { line, mebibytes, table } from '../terminal.ts';

/** How often it is looked whether an image has been read. */
const LOOK_MS = 1000;
const HOW_MANY = 10;

/** ym artifact image */
export function addImage(group: Command, run: Run): void {
  group
    .command('image <digest>')
    .description('what an image in a connected registry is: platforms, how it starts, its layers; or make its SBOM')
    .option('--make-sbom', 'make the SBOM out of its lists of packages, and wait')
    .action(
      run(async (shell, text: string, options: { makeSbom?: true }) => {
        const client = shell.client();
        const params = { digest: digestOf(text) };
        if (options.makeSbom !== true) {
          const image = await client.call(contract.getImage, { params }, { timeoutMs: 120_000, signal: shell.signal });
          shell.print(imageWords(image), image);
          return EXIT.ok;
        }
        let sbom = await client.call(contract.makeImageSbom, { params });
        shell.progress('the layers are being read');
        while (sbom.state === 'reading') {
          await sleep(LOOK_MS, undefined, { signal: shell.signal });
          sbom = (await client.call(contract.getImageSbom, { params })).sbom ?? sbom;
        }
        const words =
          sbom.state === 'failed'
            ? `No SBOM was made. ${sbom.why ?? ''}`
            : `${sbom.packages ?? 0} packages. See them with: ym artifact sbom ${params.digest}`;
        shell.print(words, sbom);
        return sbom.state === 'failed' ? EXIT.failed : EXIT.ok;
      }),
    );
}

function imageWords({ reference, platforms, others }: contract.ImageView): string {
  const words = platforms.flatMap((one) => [
    '',
    `${line(one.platform)}  ${one.digest}`,
    ...facts(one).map(([name, value]) => `  ${name}: ${line(value)}`),
    table(
      one.layers.map((layer) => ['', mebibytes(layer.size), layer.digest.slice(7, 19), line(layer.by ?? layer.mediaType).slice(0, 100)]),
    ),
  ]);
  const more = others === 0 ? [] : ['', `${others} further manifests of its index are of no platform, or beyond the first 20.`];
  return [line(reference), ...words, ...more].join('\n');
}

function facts(one: contract.ImageView['platforms'][number]): [string, string][] {
  const list = (names: readonly string[]): string =>
    names.slice(0, HOW_MANY).join(', ') + (names.length > HOW_MANY ? ` and ${names.length - HOW_MANY} more` : '');
  const all: [string, string][] = [
    ['made', one.created ?? ''],
    ['starts', one.command.join(' ')],
    ['as', one.user ?? 'root'],
    ['ports', list(one.ports)],
    ['variables', list(one.variables)],
    ['labels', list(one.labels.map(({ name, value }) => `${name}=${value}`))],
  ];
  return all.filter(([, value]) => value !== '');
}
