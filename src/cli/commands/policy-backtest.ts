import type { z } from 'zod';
import { backtestPolicy, outcomeSchema, type BacktestItem, type BacktestOutcome } from '../../contract/backtest.ts';
import { checkPolicy } from '../../contract/gates.ts';
import { usage } from '../cli.problems.ts';
import type { Client } from '../../host/client.http.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { mustBeLevel, mustBePolicy } from '../policy-file.ts';
import { pointedAt, pointingAt, summary } from '../point.ts';
import { wholeNumber } from '../refs.ts';
import type { CommandResult } from '../shell.ts';
import { line, table, when, wrap } from '../terminal.ts';

type Options = {
  readonly minimum?: true;
  readonly team?: string;
  readonly proposal?: string;
  readonly days: string;
  readonly expectNone?: true;
};
type Change = { policy: 'startup' | 'standard' | 'regulated' } | { level: 'organisation' } | { team: string } | { proposal: string };

/** No more decisions are shown than this; --json has all. */
const MOST_SHOWN = 50;

const WORDS: Record<BacktestOutcome, string> = {
  same: 'as they are',
  stopped: 'stopped',
  delayed: 'delayed',
  'not-known': 'not known',
  'let-through': 'let through',
  other: 'another no',
};

/** ym policy backtest */
export const policyBacktestCommand: AddCommand = (group, run) => {
  group
    .command('backtest [file]')
    .description('what a change of a policy would have stopped, delayed or let through of what was decided; nothing is stored')
    .option('--minimum', 'the file is the organisation’s minimum')
    .option('--team <team>', 'the file is what this team asks of its services')
    .option('--proposal <proposal>', 'instead of a file a change that somebody proposed')
    .option('--days <days>', 'how far back, 366 at most', '90')
    .option('--expect-none', 'end with 1 where something that went would not have gone')
    .action(
      run(async (shell, file: string | undefined, options: Options) => {
        const days = wholeNumber('--days', options.days, 1, 366);
        const client = shell.client();
        if ([options.minimum, options.team, options.proposal].filter((one) => one !== undefined).length > 1)
          throw usage({ what: 'more than one of --minimum, --team and --proposal', try: 'Give one of them, or none for a policy.' });
        if ((file === undefined) !== (options.proposal !== undefined))
          throw usage({ what: 'neither a file nor a proposal, or both', try: 'Give a file, or --proposal with the id of a change.' });
        const told = (found: Found): CommandResult => {
          shell.print(words(found, days), found);
          const { stopped, delayed } = found.counts;
          return options.expectNone === true && stopped + delayed + found.counts['not-known'] > 0 ? EXIT.failed : EXIT.ok;
        };
        if (file === undefined)
          return told(await everyPage(client, { change: { proposal: options.proposal ?? '' }, days }, (text) => shell.progress(text)));
        const text = await readText(file);
        const level = options.minimum !== undefined || options.team !== undefined;
        const source = level
          ? mustBeLevel(text, file, 'ym policy backtest FILE, without --minimum and --team')
          : mustBePolicy(text, file, 'ym policy backtest FILE --minimum, or with --team TEAM');
        const named = level ? null : await policyIn(client, source);
        if (named !== null && 'invalid' in named) {
          const found = pointedAt(source, file, named.invalid.diagnostics);
          shell.print(`${found}\n\n${file}: ${summary(named.invalid.diagnostics)}`, named.invalid);
          return EXIT.usage;
        }
        const change: Change = named ?? (options.team === undefined ? { level: 'organisation' } : { team: options.team });
        const found = await pointingAt(source, () => everyPage(client, { change, source, days }, (text) => shell.progress(text)), file);
        return told(found);
      }),
    );
};

type Named = { readonly policy: 'startup' | 'standard' | 'regulated' } | { readonly invalid: z.infer<typeof checkPolicy.answer> };

/** Which policy a document is, or what is wrong with it. */
async function policyIn(client: Client, source: string): Promise<Named> {
  const answer = await client.call(checkPolicy, { body: { source } });
  return answer.name === null || !answer.valid ? { invalid: answer } : { policy: answer.name };
}

type Found = {
  readonly total: number;
  readonly gone: number;
  readonly counts: Record<BacktestOutcome, number>;
  readonly items: readonly BacktestItem[];
};

async function everyPage(
  client: Client,
  asked: { readonly change: Change; readonly source?: string; readonly days: number },
  progress: (line: string) => void,
): Promise<Found> {
  const counts = Object.fromEntries(outcomeSchema.options.map((outcome) => [outcome, 0])) as Record<BacktestOutcome, number>;
  const items: BacktestItem[] = [];
  let [total, gone, done] = [0, 0, 0];
  for (let cursor: string | undefined; ;) {
    const page = await client.call(backtestPolicy, { body: { ...asked, ...(cursor === undefined ? {} : { cursor }) } });
    total = page.total ?? total;
    gone += page.gone;
    done += page.judged + page.gone;
    for (const outcome of outcomeSchema.options) counts[outcome] += page.counts[outcome];
    items.push(...page.items);
    if (page.next === null) return { total, gone, counts, items };
    progress(`${done} of ${total} decisions judged`);
    cursor = page.next;
  }
}

function words({ total, gone, counts, items }: Found, days: number): string {
  if (total === 0)
    return wrap(
      `Nothing that this concerns was decided in the last ${days} days: a policy concerns the services under it (ym services), a team its own, the minimum all.`,
    );
  const judged = total - gone;
  const head = `${judged} ${judged === 1 ? 'decision' : 'decisions'} of the last ${days} days, by the rules of today and by these:`;
  const rows = outcomeSchema.options.filter((one) => one === 'same' || counts[one] > 0).map((one) => [String(counts[one]), WORDS[one]]);
  const unknown = [...new Set(items.flatMap(({ notRecorded }) => notRecorded))];
  const notes = [
    ...(gone > 0 ? [wrap(`Of ${gone} more it is not known what they read: it is no longer kept.`)] : []),
    ...(unknown.length > 0 ? [wrap(`Not recorded then, and so not known: ${unknown.join(', ')}.`)] : []),
    ...(items.length > MOST_SHOWN ? [wrap(`The newest ${MOST_SHOWN} of ${items.length} are shown; --json has all.`)] : []),
  ];
  const shown = items.slice(0, MOST_SHOWN).map(itemWords);
  return [head, table(rows), ...notes, ...shown.flatMap((text) => ['', text])].join('\n');
}

function itemWords(item: BacktestItem): string {
  const until = item.earliest === null ? '' : ` until ${when(item.earliest)}`;
  const head = `${WORDS[item.outcome]}${until}: ${line(item.service)} ${line(item.version)} to ${line(item.environment)}, ${when(item.at)} (${item.now} -> ${item.proposed})`;
  const gone = item.outcome === 'let-through' ? 'no longer asked: ' : '';
  return [head, ...item.because.slice(0, 5).map(({ text }) => wrap(`${gone}${line(text)}`, '  '))].join('\n');
}
