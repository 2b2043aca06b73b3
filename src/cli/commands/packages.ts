import type { PackageNews } from '../../artifacts/health/health.ts';
import { importPackageNews, listPackages, type PackageView } from '../../contract/packages.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { digestOf, oneOf, wholeNumber } from '../refs.ts';
import { line, table } from '../terminal.ts';

/** What goes to the server at once: few enough for a request, however long each is. */
const [PACKAGES, BYTES] = [200, 500_000] as const;

/** ym packages import|list */
export const packageCommands: AddCommand = (program, run) => {
  const group = program.command('packages').description('what artifacts are made of: licences, age and care');
  group
    .command('import <path>')
    .description('take what registries say: npm packuments, PyPI, crates.io; a file, or a folder of them')
    .action(
      run(async (shell, path: string) => {
        const { newsIn } = await import('../health.ts');
        const all = [...newsIn(path)].map(([key, news]) => wireOf(key, news));
        const client = shell.client();
        const sum = { taken: 0, unchanged: 0 };
        for (let from = 0; from < all.length;) {
          const some: typeof all = [];
          for (let size = 0; from + some.length < all.length && some.length < PACKAGES;) {
            const next = all[from + some.length];
            size += JSON.stringify(next).length;
            if (next === undefined || (some.length > 0 && size > BYTES)) break;
            some.push(next);
          }
          const { taken, unchanged } = await client.call(importPackageNews, { body: { packages: some } });
          sum.taken += taken;
          sum.unchanged += unchanged;
          from += some.length;
          shell.progress(`${from} of ${all.length}`);
        }
        shell.print(`Of ${sum.taken} packages something new is known, ${sum.unchanged} said what they said before.`, sum);
      }),
    );
  group
    .command('list <digest>')
    .description('what an artifact is made of, trouble first; 1: a licence is denied, 4: one is not known, or all is')
    .option('--service <service>', 'whose licence policy is asked (default: the first service that built it)')
    .option('--only <what>', 'trouble or unknown')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, digest: string, options: { service?: string; only?: string; limit: string }) => {
        const only = options.only === undefined ? undefined : oneOf('--only', options.only, ['trouble', 'unknown']);
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const answer = await shell
          .client()
          .call(listPackages, { params: { digest: digestOf(digest) }, query: { service: options.service, only, limit } });
        const { counts, items, total, policy } = answer;
        if (counts === null) {
          shell.print('What it is made of is not known: no SBOM of it was read, or one names too little or too much.', answer);
          return EXIT.waiting;
        }
        const said = [
          `${counts.total} packages are shipped. Licences: ${policy ? `${counts.denied} denied, ${counts.licenceUnknown} not known` : `nobody says which are allowed for ${answer.service}`}.`,
          `${counts.unpinned} not pinned, ${counts.deprecated} deprecated, ${counts.unmaintained} not looked after; care of ${counts.maintenanceUnknown} and age of ${counts.ageUnknown} are not known.`,
          ...answer.incomplete.map((why) => `Incomplete: ${line(why)}`),
        ];
        const more = total > items.length ? [`The first ${items.length} of ${total}: see more with --limit.`] : [];
        shell.print([...(items.length === 0 ? [] : [table(items.map(rowOf)), ...more, '']), ...said].join('\n'), answer);
        if (counts.denied > 0) return EXIT.failed;
        return !policy || counts.licenceUnknown > 0 ? EXIT.waiting : EXIT.ok;
      }),
    );
};

function rowOf(one: PackageView): string[] {
  const care =
    one.deprecated === 'yes'
      ? 'deprecated'
      : one.maintained === 'no'
        ? 'not looked after'
        : one.maintained === 'yes'
          ? 'looked after'
          : 'care not known';
  return [
    line(`${one.name}@${one.version ?? '?'}`),
    one.verdict,
    line(one.licence ?? 'says no licence').slice(0, 60),
    one.pinned === 'no' ? 'not pinned' : `pinned by ${one.pinned}`,
    one.ageDays === null ? 'age not known' : `${one.ageDays} days old`,
    care,
    one.scope === 'excluded' ? 'not shipped' : '',
  ];
}

/** What a registry says as it goes over the wire. Of more versions than fit the newest are sent: they are asked for. */
function wireOf(key: string, { published, latest, deprecated }: Pick<PackageNews, 'published' | 'latest' | 'deprecated'>) {
  const newest = [...published].toSorted(([, a], [, b]) => (a < b ? 1 : -1)).slice(0, 10_000);
  return {
    package: key,
    latest: latest?.version ?? null,
    latestAt: latest?.at ?? null,
    published: Object.fromEntries(newest),
    deprecated: Object.fromEntries(
      [...deprecated].slice(0, 10_000).map(([version, words]) => [version ?? '', words.slice(0, 300).toWellFormed()]),
    ),
  };
}
