import type { Refs } from '../host/git-refs.run.ts';
import { STRATEGIES } from '../artifacts/versions/lane.ts';
import type { Strategy } from '../artifacts/versions/lane.ts';
import { readScheme } from '../artifacts/versions/calendar.ts';
import { EXIT, type Exit } from './exit-codes.ts';
import { badCalendar, badInstant, badStrategy, badTagFormat } from './version.problems.ts';
import type { Asked } from './quick.ts';
import { plain, plainJson } from './terminal.ts';
import type { VersionArgs } from './version.ts';
import type { NotesArgs } from './notes.ts';

/** What `ym version next` and `ym notes` say, piece by piece, with the exit code. */
export type LocalAnswer = { readonly pieces: Iterable<string>; readonly exit: Exit; readonly day: string | null };

/** Answers what was asked. Throws Problems for what is asked wrongly. */
export async function answer(asked: Asked, known?: { refs: Refs; to: string }): Promise<LocalAnswer> {
  const args = argsOf(asked.values);
  const said =
    asked.command === 'version'
      ? await (await import('./version.ts')).versionNext(args, known)
      : await (await import('./notes.ts')).notes(args, known);
  const { json } = said;
  const refused = 'refused' in json && json.refused;
  // A calendar version is of a day; so are the notes that name it.
  const dated = 'strategy' in json ? json.strategy === 'calendar' : args.from === undefined && args.all !== true;
  const day = dated && args.at === undefined ? new Date(args.now).toISOString().slice(0, 10) : null;
  const pieces = asked.values['json'] === true ? jsonPieces(json) : [`${plain(said.text).replace(/\n+$/, '')}\n`];
  return { pieces, exit: refused ? EXIT.failed : EXIT.ok, day };
}

/** The options as values, checked. */
export function argsOf(values: Asked['values']): VersionArgs & NotesArgs & { readonly now: number; readonly at?: string } {
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
  const given = Object.fromEntries(
    (['path', 'name', 'to', 'from', 'branch', 'prerelease', 'calendar', 'at'] as const).flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const strategy = text('strategy');
  if (strategy !== undefined && !STRATEGIES.includes(strategy as Strategy)) throw badStrategy({ given: strategy.slice(0, 40) });
  const calendar = text('calendar');
  if (calendar !== undefined && readScheme(calendar) === null) throw badCalendar({ given: calendar.slice(0, 60) });
  const tag = text('tag-format')?.replace('${version}', '{version}');
  if (tag !== undefined && tag.split('{version}').length !== 2) throw badTagFormat({ given: tag.slice(0, 60) });
  return {
    ...given,
    repo: text('repo') ?? '.',
    ...(strategy === undefined ? {} : { strategy: strategy as Strategy }),
    ...(tag === undefined ? {} : { tag }),
    ...(values['all'] === true ? { all: true } : {}),
    ...(values['hotfix'] === true ? { hotfix: true } : {}),
    now: instantOf(text('at')),
  };
}

function instantOf(at: string | undefined): number {
  if (at === undefined) return Date.now();
  const time = /^\d{4}-\d\d-\d\d(?:T[\d:.]{5,12}Z)?$/.test(at) ? Date.parse(at) : NaN;
  if (Number.isNaN(time)) throw badInstant({ given: at.slice(0, 40) });
  return time;
}

const PIECE = 1000;

/** One object as one line of JSON; its long lists a thousand entries at a time, so that the whole never stands in memory. */
export function* jsonPieces(value: object): Generator<string> {
  let before = '{';
  for (const [key, one] of Object.entries(value)) {
    if (one === undefined) continue;
    yield `${before}${plainJson(key)}:`;
    before = ',';
    if (!Array.isArray(one)) yield plainJson(one);
    else {
      yield '[';
      for (let at = 0; at < one.length; at += PIECE) yield `${at === 0 ? '' : ','}${plainJson(one.slice(at, at + PIECE)).slice(1, -1)}`;
      yield ']';
    }
  }
  yield before === '{' ? '{}\n' : '}\n';
}
