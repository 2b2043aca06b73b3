/** A scope for people: `service shop, environment prod`; the empty one is everything. */
export function scopeWords(scope: Readonly<Record<string, unknown>>, everything = ''): string {
  const parts = Object.entries(scope).filter((entry) => entry[1] !== undefined && entry[1] !== null);
  return parts.length === 0 ? everything : parts.map(([key, value]) => `${key} ${String(value)}`).join(', ');
}
