import { importAdvisories, importExploited, listAdvisoryFindings } from '../../contract/advisories.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { readText } from '../files.disk.ts';
import { noCatalogue } from '../sbom.problems.ts';
import { digestOf } from '../refs.ts';
import { advisoriesFrom } from '../sbom.ts';
import { line, table, when } from '../terminal.ts';

/** What goes to the server at once: few enough for a request, however long each is. */
const [RECORDS, BYTES] = [200, 500_000] as const;

/** ym advisories import|import-exploited|list */
export const advisoryCommands: AddCommand = (program, run) => {
  const group = program.command('advisories').description('known vulnerabilities, and what of ours has them');
  group
    .command('import <path>')
    .description('take OSV records: a file, a list, or a folder as a mirror has them')
    .action(
      run(async (shell, path: string) => {
        const records = await advisoriesFrom(path);
        const client = shell.client();
        const sum = { taken: 0, unchanged: 0 };
        for (let from = 0; from < records.length;) {
          const some: { id: string }[] = [];
          for (let size = 0; from + some.length < records.length && some.length < RECORDS;) {
            const next = records[from + some.length];
            size += JSON.stringify(next).length;
            if (next === undefined || (some.length > 0 && size > BYTES)) break;
            some.push(next as { id: string });
          }
          const { taken, unchanged } = await client.call(importAdvisories, { body: { records: some } });
          sum.taken += taken;
          sum.unchanged += unchanged;
          from += some.length;
          shell.progress(`${from} of ${records.length}`);
        }
        shell.print(
          `${sum.taken} advisories are new or changed, ${sum.unchanged} were known. What they speak of is matched now: ym advisories list`,
          sum,
        );
      }),
    );
  group
    .command('import-exploited <file>')
    .description("take CISA's catalogue of known exploited vulnerabilities (known_exploited_vulnerabilities.json), whole")
    .action(
      run(async (shell, file: string) => {
        const { readExploited } = await import('../../artifacts/advisories/exploited.ts');
        const read = readExploited(await readText(file));
        if (!read.ok) throw noCatalogue({ path: file, why: read.why });
        const { catalogue, released, entries } = read.value;
        const answer = await shell.client().call(importExploited, { body: { catalogue, released, entries: [...entries] } });
        const said = answer.changed ? `The catalogue ${line(catalogue)} holds now` : `The catalogue ${line(catalogue)} was known`;
        shell.print(`${said}: ${answer.entries} vulnerabilities are known to be exploited.`, answer);
      }),
    );
  group
    .command('list')
    .description('what advisories say of our artifacts, what runs first; 1: something that runs is affected')
    .option('--service <service>', 'only of this service')
    .option('--digest <digest>', 'only of this artifact')
    .option('--running', 'only what runs somewhere')
    .action(
      run(async (shell, options: { service?: string; digest?: string; running?: boolean }) => {
        const query = {
          service: options.service,
          digest: options.digest === undefined ? undefined : digestOf(options.digest),
          running: options.running === true ? ('true' as const) : undefined,
        };
        const list = await shell.client().call(listAdvisoryFindings, { query });
        const rows = list.items.map((one) => [
          one.severity,
          one.verdict,
          one.exploited === null
            ? one.advisory
            : `${one.advisory} (exploited${one.exploited.due === null ? '' : `, due ${one.exploited.due}`})`,
          line(one.purl),
          one.services.join(', '),
          one.places.length === 0
            ? 'runs nowhere'
            : one.places.map((place) => `${place.service}@${line(place.version)} in ${place.environment}`).join(', '),
          one.fixed.length === 0 ? 'no fix' : `fixed in ${line(one.fixed.join(', '))}`,
          when(one.foundAt),
        ]);
        const more = list.more ? '\nAnd more: narrow it with --service.' : '';
        shell.print(rows.length === 0 ? 'No advisory speaks of what we built.' : table(rows) + more, list);
        return list.items.some((one) => one.places.length > 0 && one.verdict === 'affected') ? EXIT.failed : EXIT.ok;
      }),
    );
};
