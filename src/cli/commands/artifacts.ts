import { listAdvisoryFindings } from '../../contract/advisories.ts';
import * as contract from '../../contract/artifacts.ts';
import { artifactUse } from '../../contract/evidence-search.ts';
import { listPromotions } from '../../contract/promotions.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { signerWords } from '../signer-words.ts';
import { commitOf, digestOf, findRun, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';
import { addImage } from './image.ts';
import { addPromote } from './promotions.ts';
import { addReproduce } from './reproduce.ts';

type ListOptions = { service?: string; commit?: string; run?: string; limit: string };

/** ym artifact list|where|show|files|promote|reproduce|image|sbom|attestations|download|revoke */
export const artifactCommands: AddCommand = (program, run) => {
  const group = program.command('artifact').description('what was built, and what is attested of it');
  addPromote(group, run);
  addReproduce(group, run);
  addImage(group, run);
  group
    .command('list')
    .description('builds of artifacts, newest first')
    .option('--service <service>', 'only of this service')
    .option('--commit <commit>', 'only of this commit')
    .option('--run <run>', 'only of this run')
    .option('--limit <n>', 'how many', '20')
    .action(
      run(async (shell, options: ListOptions) => {
        const client = shell.client();
        const ofRun = options.run === undefined ? undefined : await findRun(client, options.run);
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const list = await client.call(contract.listArtifacts, {
          query: { service: options.service, commit: commitOf(options.commit), run: ofRun, limit },
        });
        const rows = list.items.map((one) => [
          one.service,
          line(one.name),
          one.state,
          size(one.size),
          (one.commit ?? '').slice(0, 10),
          one.digest,
        ]);
        shell.print(rows.length === 0 ? 'No artifacts yet. A run makes them: ym run SERVICE' : table(rows), list);
      }),
    );
  group
    .command('where <digest>')
    .description('where an artifact runs or ran, and the releases that hold it')
    .action(
      run(async (shell, digest: string) => {
        const use = await shell.client().call(artifactUse, { params: { digest: digestOf(digest) } });
        const places = use.places.map((one) => [
          one.until === null ? 'runs' : 'ran',
          one.service,
          one.environment,
          line(one.version),
          when(one.since),
        ]);
        const releases = use.releases.map((one) => ['release', one.service, line(one.version), one.state, one.id]);
        const rows = [...places, ...releases];
        shell.print(rows.length === 0 ? 'It runs nowhere, and no release holds it.' : table(rows), use);
      }),
    );
  group
    .command('show <digest>')
    .description('one artifact with its builds and what is attested of it')
    .action(
      run(async (shell, digest: string) => {
        const client = shell.client();
        const one = await client.call(contract.getArtifact, { params: { digest: digestOf(digest) } });
        const promotions = (await client.call(listPromotions, { query: { digest: one.digest } })).items;
        const use = await client.call(artifactUse, { params: { digest: one.digest } });
        const rebuilds = (await client.call(contract.listReproductions, { params: { digest: one.digest } })).items;
        const advisories = await client.call(listAdvisoryFindings, { query: { digest: one.digest } });
        const lines = [
          `${line(one.name)}, ${size(one.size)}, ${when(one.createdAt)}`,
          one.digest,
          ...(one.revoked === null ? [] : [`REVOKED ${when(one.revoked.at)}: ${line(one.revoked.reason)}`]),
          ...(one.damagedAt === null ? [] : [`DAMAGED: its stored bytes differ since ${when(one.damagedAt)}`]),
          'Built by:',
          table(one.builds.map((build) => [`  ${build.service}`, (build.commit ?? '').slice(0, 10), build.trust, build.state, build.run])),
          'Attested:',
          table(
            one.attestations.map((item) => [`  ${item.kind}`, `key ${item.keyId}`, when(item.createdAt), line(item.incomplete.join('; '))]),
          ),
          ...(one.handedIn.length === 0 ? [] : ['Signed by others:']),
          ...one.handedIn.map((item) => `  ${line(item.predicateType)}, ${line(signerWords(item))}`),
          ...section(
            'Runs or ran:',
            use.places.map((place) => [
              `  ${place.service}`,
              place.environment,
              line(place.version),
              place.until === null ? 'runs' : 'ran',
            ]),
          ),
          ...section(
            'Promoted:',
            promotions.map((item) => [`  ${item.state}`, item.destination, item.tag ?? '', item.location ?? '']),
          ),
          ...section(
            'Built again:',
            rebuilds.map((item) => [
              `  ${item.same ? 'the same bytes' : 'other bytes'}`,
              `${item.runners} runner`,
              when(item.at),
              item.other,
            ]),
          ),
          ...section(
            'Advisories speak of it:',
            advisories.items.map((item) => [`  ${item.advisory}`, item.severity ?? '', line(item.purl), item.verdict]),
          ),
        ];
        shell.print(lines.join('\n'), { ...one, promotions, places: use.places, rebuilds, advisories: advisories.items });
      }),
    );
  group
    .command('files <digest>')
    .description('what an artifact holds: the files of its archive')
    .action(
      run(async (shell, digest: string) => {
        const held = await shell.client().call(contract.getArtifactFiles, { params: { digest: digestOf(digest) } }, { timeoutMs: 120_000 });
        const rows = held.items.map((one) => [one.kind, size(one.size), `${line(one.path)}${one.to === '' ? '' : ` -> ${line(one.to)}`}`]);
        shell.print(
          [...(rows.length === 0 ? [] : [table(rows)]), ...(held.why === null ? [] : [`Not all: ${held.why}.`])].join('\n'),
          held,
        );
      }),
    );
  for (const [verb, route, what, file] of [
    ['sbom', contract.getArtifactSbom, 'the CycloneDX SBOM', 'sbom.cdx.json'],
    ['download', contract.getArtifactBytes, 'the bytes', 'artifact.tgz'],
  ] as const) {
    group
      .command(`${verb} <digest>`)
      .description(`write ${what} to a file`)
      .option('-o, --out <file>', 'where to', file)
      .action(
        run(async (shell, digest: string, options: { out: string }) => {
          const { stream } = await shell.client().call(route, { params: { digest: digestOf(digest) } }, { timeoutMs: 120_000 });
          await writeWhole(options.out, stream);
          shell.print(`Wrote ${options.out}.`, { file: options.out, digest });
        }),
      );
  }
  group
    .command('attestations <digest>')
    .description('the signed statements, as in-toto in DSSE envelopes')
    .action(
      run(async (shell, digest: string) => {
        const list = await shell.client().call(contract.getArtifactAttestations, { params: { digest: digestOf(digest) } });
        const rows = list.items.map((one) => [
          one.kind,
          one.predicateType,
          `key ${one.keyId}`,
          one.envelope === null ? 'bytes are gone' : 'signed',
        ]);
        shell.print(rows.length === 0 ? 'Nothing is attested of it.' : `${table(rows)}\nThe envelopes themselves come with --json.`, list);
      }),
    );
  group
    .command('revoke <digest>')
    .description('take an artifact out of use for ever: it ships nowhere any more')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, digest: string, options: { reason: string }) => {
        const answer = await shell
          .client()
          .call(contract.revokeArtifact, { params: { digest: digestOf(digest) }, body: { reason: options.reason } });
        shell.print(`Revoked ${line(answer.name)} (${digest.slice(0, 19)}…). What runs goes on; go back with: ym rollback`, answer);
      }),
    );
};

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [title, table(rows.map((row) => [...row]))];
}

function size(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  return bytes < 10_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
