import { diffSboms } from '../../artifacts/sbom/read.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { advisoriesFrom, componentsOf, makeSbom, matchComponents, refusedLicences } from '../sbom.ts';
import { line, table } from '../terminal.ts';
import { healthCommand } from './sbom-health.ts';

type MakeOptions = { format: string; out?: string };

/** ym sbom make|diff|match|licences|health: on files, without a server */
export const sbomCommands: AddCommand = (program, run) => {
  const group = program.command('sbom').description('what software is made of, from files alone');
  group
    .command('make [path]')
    .description('the SBOM of a folder, a lock file or an image; written to stdout')
    .option('--format <format>', 'cyclonedx (1.6) or spdx (2.3)', 'cyclonedx')
    .option('--out <file>', 'into a file instead')
    .action(
      run(async (shell, path: string | undefined, options: MakeOptions) => {
        const format = oneOf('--format', options.format, ['cyclonedx', 'spdx']);
        const { document, gathered } = await makeSbom(path ?? '.', format, new Date().toISOString());
        for (const why of gathered.incomplete) shell.progress(`incomplete: ${line(why)}`);
        if (options.out === undefined) shell.print(JSON.stringify(document, null, 2), document);
        else {
          await writeWhole(options.out, `${JSON.stringify(document, null, 2)}\n`);
          const said = { out: options.out, packages: gathered.packages.length, incomplete: gathered.incomplete };
          shell.print(`${gathered.packages.length} packages written to ${options.out}`, said);
        }
      }),
    );
  group
    .command('diff <before> <after>')
    .description('what differs between two SBOMs (or folders, lock files, images): packages and licences')
    .action(
      run(async (shell, before: string, after: string) => {
        const diff = diffSboms(await componentsOf(before), await componentsOf(after));
        const rows = [
          ...diff.added.map((one) => ['added', line(one.name), line(one.version ?? ''), line(one.licence ?? '')]),
          ...diff.removed.map((one) => ['removed', line(one.name), line(one.version ?? ''), '']),
          ...diff.changed.map((one) => ['changed', line(one.name), `${line(one.from ?? '?')} -> ${line(one.to ?? '?')}`, '']),
          ...diff.licences.map((one) => ['licence', line(one.name), `${line(one.from ?? 'none')} -> ${line(one.to ?? 'none')}`, '']),
        ];
        shell.print(
          rows.length === 0 ? `No difference in ${diff.unchanged} packages.` : `${table(rows)}\n${diff.unchanged} unchanged.`,
          diff,
        );
      }),
    );
  addMatch(group, run);
  healthCommand(group, run);
};

const addMatch: AddCommand = (group, run) => {
  group
    .command('match <sbom>')
    .description('what advisories say of an SBOM (or a folder, lock file, image); 1: something is affected, 4: not known')
    .requiredOption('--advisories <path>', 'OSV records: a file, or a folder of them')
    .action(
      run(async (shell, path: string, options: { advisories: string }) => {
        const [components, advisories] = await Promise.all([componentsOf(path), advisoriesFrom(options.advisories)]);
        const { matches, withoutPurl } = matchComponents(components, advisories);
        const rows = matches.map((one) => [
          one.severity,
          one.verdict,
          line(one.purl),
          one.advisory,
          one.fixed.length === 0 ? 'no fix' : `fixed in ${line(one.fixed.join(', '))}`,
          line(one.summary).slice(0, 80),
        ]);
        const unseen = withoutPurl === 0 ? '' : `\nNothing can be said of ${withoutPurl} components without a package URL.`;
        shell.print(
          `${rows.length === 0 ? `None of ${advisories.length} advisories speaks of these ${components.length} components.` : table(rows)}${unseen}`,
          { matches, components: components.length, advisories: advisories.length, withoutPurl },
        );
        if (matches.some((one) => one.verdict === 'affected')) return EXIT.failed;
        return matches.length > 0 || withoutPurl > 0 ? EXIT.waiting : EXIT.ok;
      }),
    );
  group
    .command('licences <sbom>')
    .description('components whose licence is not allowed; 1: one is denied, 4: one is not known')
    .option('--allow <licence...>', 'SPDX ids that are allowed; BSD-* for all that begin so')
    .option('--deny <licence...>', 'SPDX ids that are denied')
    .action(
      run(async (shell, path: string, options: { allow?: string[]; deny?: string[] }) => {
        const components = await componentsOf(path);
        const refused = refusedLicences(components, options);
        const rows = refused.map((one) => [one.verdict, line(one.name), line(one.licence ?? 'says nothing')]);
        shell.print(rows.length === 0 ? `All ${components.length} licences are allowed.` : table(rows), {
          refused,
          components: components.length,
        });
        if (refused.some((one) => one.verdict === 'denied')) return EXIT.failed;
        return refused.length > 0 ? EXIT.waiting : EXIT.ok;
      }),
    );
};
