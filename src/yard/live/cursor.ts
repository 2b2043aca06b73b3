/** Where a viewer stands: how many entries of the log of which epoch it has seen. */
export type Cursor = { readonly epoch: number; readonly seen: number };

/** Reads a cursor; null for none and for what is no cursor. */
export function readCursor(text: string | null | undefined): Cursor | null {
  const parts = /^([1-9]\d{0,8})\.(\d{1,15})$/.exec(text ?? '');
  return parts === null ? null : { epoch: Number(parts[1]), seen: Number(parts[2]) };
}

export function writeCursor({ epoch, seen }: Cursor): string {
  return `${epoch}.${seen}`;
}

/**
 * How a viewer with this cursor begins at a log of `head`: `fresh` without one; `resume` where it can be given what it
 * missed; `reset` where it is of another epoch (a restored instance), from beyond the end, or more than `most` behind.
 */
export function beginning(cursor: Cursor | null, head: Cursor, most: number): 'fresh' | 'resume' | 'reset' {
  if (cursor === null) return 'fresh';
  const behind = head.seen - cursor.seen;
  return cursor.epoch === head.epoch && behind >= 0 && behind <= most ? 'resume' : 'reset';
}
