import { QUIET_DAYS } from '../../artifacts/health/health.ts';
import { EXIT } from '../exit-codes.ts';
import { readHealth } from '../health.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../refs.ts';
import { line, table } from '../terminal.ts';

type Options = { registry?: string; quietDays: string; allow?: string[]; deny?: string[] };

/** ym sbom health: age, pinning, care and licence of each dependency */
export const healthCommand: AddCommand = (group, run) => {
  group
    .command('health <sbom>')
    .description('how well dependencies are: pinned, old, looked after; 1: one is not, 4: not known')
    .option('--registry <path>', 'what registries said: npm packuments, PyPI, crates.io; a file or a folder')
    .option('--quiet-days <days>', 'older newest versions are looked after by nobody', String(QUIET_DAYS))
    .option('--allow <licence...>', 'SPDX ids that are allowed')
    .option('--deny <licence...>', 'SPDX ids that are denied')
    .action(
      run(async (shell, path: string, options: Options) => {
        const asked = options.allow !== undefined || options.deny !== undefined;
        const found = await readHealth({
          path,
          news: options.registry ?? null,
          quietDays: wholeNumber('--quiet-days', options.quietDays, 1, 100_000),
          licences: { allow: options.allow, deny: options.deny },
          now: Date.now(),
        });
        const { facts } = found;
        for (const why of found.incomplete) shell.progress(`incomplete: ${line(why)}`);
        const bad = found.dependencies.filter(
          (one) => one.pinned === 'no' || one.maintained === 'no' || (asked && one.licenceVerdict === 'denied'),
        );
        const rows = bad.map((one) => [
          line(`${one.name}@${one.version ?? '?'}`),
          one.pinned === 'no'
            ? 'not pinned'
            : one.maintained === 'no'
              ? line(one.because).slice(0, 90)
              : `licence ${line(one.licence ?? '')}`,
        ]);
        const said = [
          `${facts.total} dependencies: ${facts.unpinned} not pinned, ${facts.pinnedByVersionOnly} by version only, ${facts.unmaintained} not looked after.`,
          `Oldest: ${facts.oldestDays === null ? 'not known' : `${facts.oldestDays} days`}. Not known: age of ${facts.ageUnknown}, care of ${facts.maintenanceUnknown}.`,
          ...(asked ? [`Licences: ${facts.licencesDenied} denied, ${facts.licencesUnknown} not known.`] : []),
        ];
        shell.print([...(rows.length === 0 ? [] : [table(rows)]), ...said].join('\n'), found);
        if (bad.length > 0) return EXIT.failed;
        const unknown = facts.maintenanceUnknown > 0 || found.incomplete.length > 0 || (asked && facts.licencesUnknown > 0);
        return unknown ? EXIT.waiting : EXIT.ok;
      }),
    );
};
