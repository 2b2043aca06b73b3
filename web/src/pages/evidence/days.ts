/** A day as the server takes it: from its beginning in the viewer's zone; null where the text is no whole day. */
export function dayStart(text: string): string | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = new Date(`${text}T00:00:00`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The beginning of the day after. */
export function dayEnd(text: string): string | null {
  if (dayStart(text) === null) return null;
  const at = new Date(`${text}T00:00:00`);
  at.setDate(at.getDate() + 1);
  return at.toISOString();
}
