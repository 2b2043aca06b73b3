type Look = { readonly stroke: string; readonly text: string; readonly bar: string; readonly mark: string };

const GOOD: Look = { stroke: 'stroke-allow', text: 'fill-allow', bar: 'bg-allow', mark: '✓' };
const BAD: Look = { stroke: 'stroke-deny', text: 'fill-deny', bar: 'bg-deny', mark: '✗' };
const GOES: Look = { stroke: 'stroke-accent', text: 'fill-accent', bar: 'bg-accent', mark: '▶' };
const WAITS: Look = { stroke: 'stroke-wait', text: 'fill-wait', bar: 'bg-wait', mark: '◷' };
const QUIET: Look = { stroke: 'stroke-edge', text: 'fill-quiet', bar: 'bg-edge', mark: '–' };

/** How a state is drawn: never by colour alone. */
export function lookOf(state: string): Look {
  if (state === 'succeeded') return GOOD;
  if (state === 'failed' || state === 'timed-out' || state === 'refused') return BAD;
  if (state === 'running') return GOES;
  return state === 'queued' || state === 'waiting' || state === 'cancelling' ? WAITS : QUIET;
}

/** A text of at most `most` characters, for where nothing else cuts it. */
export function shortly(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/** Without `refs/heads/`: as people call a branch or a tag. */
export function branchOf(ref: string | null): string | null {
  return ref === null ? null : ref.replace(/^refs\/(?:heads|tags)\//, '');
}
