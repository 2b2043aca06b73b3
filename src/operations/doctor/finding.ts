import type { Finding } from '../../contract/doctor.ts';

export const ok = (what: string, says: string): Finding => ({ what, state: 'ok', says, remedy: null });
export const warn = (what: string, says: string, remedy: string): Finding => ({ what, state: 'warn', says, remedy });
export const fail = (what: string, says: string, remedy: string): Finding => ({ what, state: 'fail', says, remedy });

/** `3 runners`, `1 runner`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Names for people: the first few, and how many more. */
export function some(names: readonly string[], most = 5): string {
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
