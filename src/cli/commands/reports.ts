import { listFindingClocks, listRuleSignal, listRunFindings, type RunFinding } from '../../contract/findings.ts';
import { listFindings, listReports, type ReportView } from '../../contract/gates.ts';
import type { AddCommand } from '../main.ts';
import { EXIT } from '../exit-codes.ts';
import { findRun, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

/** ym report list|findings|compare|signal|clocks|inspect */
export const reportCommands: AddCommand = (program, run) => {
  const group = program.command('report').description('what tests, coverage and scans of a run said');
  group
    .command('list <run>')
    .description('the reports of a run: what each says, or why it says nothing')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const id = await findRun(client, name);
        const list = await client.call(listReports, { query: { run: id } });
        const rows = list.items.map((one) => [line(one.name), one.kind, one.state, says(one), one.id]);
        shell.print(rows.length === 0 ? `${id} has no reports. A pipeline names them under: reports` : table(rows), list);
      }),
    );
  group
    .command('findings <report>')
    .description('the findings of a report, worst first')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, report: string, options: { limit: string }) => {
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const list = await shell.client().call(listFindings, { params: { report }, query: { limit } });
        const blocks = list.items.map((one) => {
          const names = [one.cve, one.purl, one.suppressed ? 'suppressed by the tool' : null].filter((name) => name !== null).join(', ');
          return `${one.severity}  ${line(one.tool)}/${line(one.rule)}  ${line(one.location)}\n    ${line(one.message).slice(0, 300)}${names === '' ? '' : `\n    ${line(names)}`}\n    fingerprint:${one.fingerprint}`;
        });
        const more = list.total > list.items.length ? `\n${list.total - list.items.length} more.` : '';
        shell.print(blocks.length === 0 ? 'No findings.' : blocks.join('\n') + more, list);
      }),
    );
  group
    .command('compare <run>')
    .description('the findings of a run beside the last release: new, known and fixed, worst first')
    .option('--state <state>', 'only new, known or fixed')
    .option('--severity <severity>', 'only critical, high, medium, low or info')
    .option('--rule <rule>', 'only of this rule')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(
        async (
          shell,
          name: string,
          options: { state?: RunFinding['state']; severity?: RunFinding['severity']; rule?: string; limit: string },
        ) => {
          const client = shell.client();
          const { state, severity, rule } = options;
          const query = { run: await findRun(client, name), state, severity, rule, limit: wholeNumber('--limit', options.limit, 1, 1000) };
          const list = await client.call(listRunFindings, { query });
          const { states, items, total, before } = list;
          const rows = items.map((one) => [
            one.state,
            one.severity,
            line(one.rule),
            line(one.location),
            one.vex === null ? '' : `VEX: ${one.vex.status}`,
            one.due === null ? '' : `due ${one.due.slice(0, 10)}`,
          ]);
          const head = `${states.new} new, ${states.known} known, ${states.fixed} fixed${before ? '' : ' (nothing was released yet to compare with)'}`;
          shell.print(
            [head, ...(rows.length === 0 ? [] : [table(rows)]), ...(total > items.length ? [`${total - items.length} more.`] : [])].join(
              '\n',
            ),
            list,
          );
        },
      ),
    );
  group
    .command('signal <service>')
    .description('what each rule of the scanners is worth: how much of what it found was waived as a false positive')
    .action(
      run(async (shell, service: string) => {
        const list = await shell.client().call(listRuleSignal, { query: { service } });
        const rows = list.items.map((one) => [
          line(one.tool),
          line(one.rule),
          `${one.found} found`,
          `${one.waived} waived`,
          one.falsePercent === null ? '' : `${one.falsePercent} % false`,
        ]);
        shell.print(rows.length === 0 ? `No scanner has found anything in ${line(service)}.` : table(rows), list);
      }),
    );
  group
    .command('clocks <service>')
    .description(
      'what is open in a service by severity: how much of it is late for its tier, and when the next is due, and what went in time; 1: something is late',
    )
    .action(
      run(async (shell, service: string) => {
        const list = await shell.client().call(listFindingClocks, { query: { service } });
        const rows = list.items.map((one) => [
          one.severity,
          `${one.open} open`,
          one.late === 0 ? 'none late' : `${one.late} late`,
          one.days === null ? 'no day asked' : `${one.days} days`,
          one.next === null ? '' : `next ${when(one.next)}`,
          one.gone === 0 ? '' : `${one.met} of ${one.gone} that went in 90 days were in time`,
        ]);
        shell.print(rows.length === 0 ? `Nothing is open in ${line(service)}.` : table(rows), list);
        return list.items.some(({ late }) => late > 0) ? EXIT.failed : EXIT.ok;
      }),
    );
  group
    .command('inspect <file...>')
    .description('read report files here, without a server: what each is and says, one line of JSON for each with --json')
    .action(
      run(async (shell, files: string[]) => {
        const { inspect } = await import('../inspect.ts');
        let failed = false;
        for (const file of files) {
          const { json, text, problem } = await inspect(file, (words) => shell.progress(words));
          if (problem !== null) failed = true;
          shell.print(text, json);
        }
        return failed ? EXIT.usage : EXIT.ok;
      }),
    );
};

function says(one: ReportView): string {
  if (one.state !== 'ok') return line(one.reason ?? '');
  const parts: string[] = [];
  if (one.tests !== null)
    parts.push(
      `${one.tests.passed} of ${one.tests.total} passed, ${one.tests.failed + one.tests.errored} failed, ${one.tests.skipped} skipped`,
    );
  if (one.coverage !== null)
    parts.push(`lines ${share(one.coverage.lines)}${one.coverage.branches === null ? '' : `, branches ${share(one.coverage.branches)}`}`);
  if (one.sbom !== null) parts.push(`${one.sbom.components} components`);
  if (one.findings !== null) {
    const found = Object.entries(one.findings).filter((entry) => entry[1] > 0);
    parts.push(found.length === 0 ? 'no findings' : found.map(([severity, n]) => `${n} ${severity}`).join(', '));
  }
  return parts.join('; ');
}

function share({ covered, total }: { covered: number; total: number }): string {
  return total === 0 ? 'none' : `${((100 * covered) / total).toFixed(1)} %`;
}
