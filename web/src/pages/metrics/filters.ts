import { useUrl } from '../../kit/index.ts';

export const PERIODS = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['180', '180 days'],
  ['366', 'a year'],
] as const;

/** What the figures are asked for, from the address of the page. */
export function useFilters(): { readonly query: Record<string, string>; readonly search: string } {
  const [service] = useUrl('service');
  const [team] = useUrl('team');
  const [tier] = useUrl('tier');
  const [environment] = useUrl('environment');
  const [days] = useUrl('days');
  const [to] = useUrl('to');
  const all = { service, team, tier, environment, days, to };
  const query = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return { query, search: new URLSearchParams(query).toString() };
}
