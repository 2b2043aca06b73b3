/** Keyset cursors over (instant, id): opaque to clients, checked when they come back. */
export type Key = readonly [string, string];

export function encodeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key in a cursor; null where there is none. A cursor that is none of ours starts from the beginning. */
export function decodeCursor(cursor: string | undefined): Key | null {
  if (cursor === undefined) return null;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(key) || key.length !== 2) return null;
    const [at, id] = key as unknown[];
    return typeof at === 'string' && typeof id === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at) && !Number.isNaN(Date.parse(at))
      ? [at, id]
      : null;
  } catch {
    return null;
  }
}

/** A page of at most `limit` rows, made of one row more, and the cursor to the next. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => Key,
): { readonly rows: readonly Row[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
