import { parseArgs } from 'node:util';
import { readRefsNow } from '../host/git-refs.run.ts';
import { isCommitId } from '../host/git.ts';
import { ANSWER_BYTES, keepAnswer, questionOf } from './answers.disk.ts';

/**
 * `ym version next` and `ym notes` without the rest of the program; the answer is kept for the next time that the same is
 * asked of the same refs (bin/ym.mjs looks there first). Answers false, having said nothing, where it is not sure: then the whole program does it, and
 * tells what is wrong.
 */
const TEXT = ['repo', 'path', 'name', 'to', 'from', 'branch', 'strategy', 'calendar', 'tag-format', 'prerelease', 'at'] as const;
const FLAGS = ['json', 'quiet', 'all', 'hotfix', 'no-cache'] as const;
const OPTIONS = Object.fromEntries([
  ...TEXT.map((name) => [name, { type: 'string' as const }] as const),
  ...FLAGS.map((name) => [name, { type: 'boolean' as const }] as const),
]);

export type Asked = { readonly command: 'version' | 'notes'; readonly values: Readonly<Record<string, string | boolean | undefined>> };

/** Whether these words are for us. */
export function enoughFor(argv: readonly string[]): boolean {
  return argv[0] === 'version' || argv[0] === 'notes' || (argv[0] === 'sbom' && argv[1] === 'make');
}

/** What was asked, or null where it is not as it should be. */
export function readAsked(argv: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
    const words = positionals.join(' ');
    if (words !== 'version next' && words !== 'version' && words !== 'notes') return null;
    const command = words === 'notes' ? 'notes' : 'version';
    const foreign = command === 'notes' ? ['prerelease', 'hotfix'] : ['from', 'all'];
    const given = values as Asked['values'];
    return foreign.some((name) => given[name] !== undefined) ? null : { command, values: given };
  } catch {
    return null;
  }
}

/** Answers at once where it can. Terminals that colour get theirs from the whole program. */
export async function quick(argv: readonly string[]): Promise<boolean> {
  if (argv[0] === 'sbom') return quickSbom(argv.slice(2));
  const asked = readAsked(argv);
  if (asked === null) return false;
  try {
    const { values } = asked;
    const dir = text(values['repo']) ?? '.';
    // Put before the repository is read: what changes meanwhile must not be kept as if it had been so before.
    const before = questionOf(argv);
    const refs = readRefsNow(dir);
    const named = text(values['to']);
    const head = named === undefined || named === 'HEAD' ? (refs.headCommit ?? undefined) : undefined;
    const { commitOf, isStable } = head === undefined ? await import('./repository.ts') : { commitOf: null, isStable: null };
    const to = head ?? (await commitOf?.(dir, refs, named)) ?? '';
    if (!isCommitId(to)) return false;
    const from = text(values['from']);
    const steady = [named, from].every((ref) => ref === undefined || ref === 'HEAD' || (isStable ?? namesOf(refs.refs))(refs, ref));
    const question = steady && before?.dir === dir ? before : null;
    const { answer } = await import('./local-answer.ts');
    const { pieces, exit, day } = await answer(asked, { refs, to });
    process.exitCode = exit;
    const output = await say(pieces);
    if (question !== null && output !== null) keepAnswer(argv, question, { output, exit, day });
    return true;
  } catch {
    return false;
  }
}

/** Writes an answer as fast as it is read; answers it whole where it is small enough to be kept. */
async function say(pieces: Iterable<string>): Promise<string | null> {
  let whole: string[] | null = [];
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    if (size > ANSWER_BYTES) whole = null;
    whole?.push(piece);
    if (!process.stdout.write(piece)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }
  return whole?.join('') ?? null;
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** As {@link isStable} of repository.ts, without what else that file needs. */
function namesOf(all: readonly { readonly ref: string }[]): (refs: unknown, ref: string) => boolean {
  const names = new Set(all.flatMap(({ ref }) => [ref, ref.replace(/^refs\/(?:heads|tags|remotes)\//, '')]));
  return (_, ref) => isCommitId(ref) || names.has(ref);
}

/** `ym sbom make` as one JSON document; the other ways of it are the whole program's. */
async function quickSbom(argv: readonly string[]): Promise<boolean> {
  try {
    const text = { type: 'string' as const };
    const flag = { type: 'boolean' as const };
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { format: text, json: flag, quiet: flag },
      allowPositionals: true,
    });
    const format = values.format ?? 'cyclonedx';
    if (values.json !== true || positionals.length > 1 || (format !== 'cyclonedx' && format !== 'spdx')) return false;
    const { makeSbom } = await import('./sbom-make.ts');
    const { document, gathered } = await makeSbom(positionals[0] ?? '.', format, new Date().toISOString());
    const { plain, plainJson } = await import('./terminal.ts');
    process.stdout.write(`${plainJson(document)}\n`);
    if (values.quiet !== true) for (const why of gathered.incomplete) process.stderr.write(`incomplete: ${plain(why)}\n`);
    return true;
  } catch {
    return false;
  }
}
