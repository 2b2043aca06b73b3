import type { Accounted, CommitKind } from '../versions/account.ts';
import { isFresh } from '../versions/next.ts';
import { inertMarkdown, oneLine } from './markdown.ts';

export type NotesEntry = {
  readonly commit: string;
  readonly scope: string | null;
  readonly text: string;
  readonly breaking: string | null;
  /** Issues and pull requests that the commit names. */
  readonly issues: readonly string[];
};
export type NotesSection = { readonly kind: CommitKind; readonly title: string; readonly entries: readonly NotesEntry[] };

/** Release notes as data. `others` counts the commits that ask for no release of their own. */
export type ReleaseNotes = {
  readonly service: string;
  readonly version: string | null;
  /** The tag or version before; null for the first release. */
  readonly from: string | null;
  readonly summary: string;
  readonly sections: readonly NotesSection[];
  readonly others: number;
};

/** The order in which people need them: what breaks them first. */
const SECTIONS: readonly (readonly [CommitKind, string])[] = [
  ['breaking', 'Breaking changes'],
  ['feature', 'Features'],
  ['fix', 'Fixes'],
  ['performance', 'Performance'],
  ['revert', 'Reverted'],
];

/** Groups accounted commits into release notes, breaking first, newest first within a group. */
export function writeNotes(
  release: { readonly service: string; readonly version: string | null; readonly from: string | null },
  because: readonly Accounted[],
): ReleaseNotes {
  const fresh = because.filter(isFresh);
  const sections = SECTIONS.map(([kind, title]) => ({
    kind,
    title,
    entries: fresh.filter((entry) => entry.kind === kind).map(toEntry),
  })).filter((section) => section.entries.length > 0);
  const shown = sections.reduce((sum, section) => sum + section.entries.length, 0);
  return { ...release, summary: summarise(sections, fresh.length), sections, others: fresh.length - shown };
}

function toEntry({ commit, subject, message }: Accounted): NotesEntry {
  return {
    commit,
    scope: message?.scope == null ? null : oneLine(message.scope),
    text: oneLine(message?.description ?? subject),
    breaking: message?.breaking == null ? null : oneLine(message.breaking),
    issues: message?.issues ?? [],
  };
}

function summarise(sections: readonly NotesSection[], commits: number): string {
  if (commits === 0) return 'No commits.';
  if (sections.length === 0) return `Nothing that users notice: ${counted(commits, 'commit')} of upkeep.`;
  return `${sections.map(({ kind, entries }) => counted(entries.length, kind === 'breaking' ? 'breaking change' : kind === 'performance' ? 'performance change' : kind)).join(', ')}.`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : word.endsWith('x') ? 'es' : 's'}`;
}

/** The notes of one release as Markdown. Every word that a commit's author chose is inert: no HTML, link, mention or formatting of theirs. */
export function notesToMarkdown(notes: ReleaseNotes, date: string | null = null): string {
  const title = `${notes.service} ${notes.version ?? 'unreleased'}${date === null ? '' : `, ${date}`}`;
  const lines = [`## ${inertMarkdown(title)}`, '', notes.summary];
  if (notes.from !== null) lines.push('', `Since ${inertMarkdown(notes.from)}.`);
  for (const section of notes.sections) {
    lines.push('', `### ${section.title}`, '');
    for (const entry of section.entries) lines.push(...entryLines(entry));
  }
  if (notes.others > 0 && notes.sections.length > 0) lines.push('', `And ${counted(notes.others, 'commit')} that users don't notice.`);
  return `${lines.join('\n')}\n`;
}

function entryLines({ commit, scope, text, breaking, issues }: NotesEntry): string[] {
  const named = issues.filter((issue) => !text.includes(issue));
  const place = [commit.slice(0, 10), ...named.map(inertMarkdown)].join(', ');
  const line = `- ${scope === null ? '' : `**${inertMarkdown(scope)}:** `}${inertMarkdown(text)} (${place})`;
  return breaking === null || breaking === text ? [line] : [line, `  - ${inertMarkdown(breaking)}`];
}

const TICKETS = '\n### Tickets\n\n';

/** Notes with what each ticket that they were made for is called, as its system says; unchanged where none is known. */
export function withTickets(markdown: string, tickets: readonly { readonly key: string; readonly title: string }[]): string {
  if (tickets.length === 0) return markdown;
  return `${markdown}${TICKETS}${tickets.map(({ key, title }) => `- ${inertMarkdown(key)}: ${inertMarkdown(title)}\n`).join('')}`;
}

/** Notes without that: a title may name other tickets, which the release was not made for. No commit can write such a heading. */
export function withoutTickets(markdown: string): string {
  return markdown.split(TICKETS, 1)[0] ?? '';
}
