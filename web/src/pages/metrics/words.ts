import type { KpiView } from '../../../../src/contract/metrics.ts';
import { spell } from '../../kit/index.ts';

/** A figure's number in its unit; nothing to measure is said, and never shown as 0. */
export function say(value: number | null, unit: string): string {
  if (value === null) return 'nothing to measure';
  if (unit === 'seconds') return spell(value * 1000);
  if (unit === 'share') return `${(value * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: 2 })} ${unit}`;
}

/** How it stands to the time before, in words: no arrow alone. */
export function against(kpi: KpiView): { readonly words: string; readonly tone: 'allow' | 'deny' | 'plain' } {
  const { value, before, better, unit } = kpi;
  if (before.value === null) return { words: 'nothing to compare with before', tone: 'plain' };
  if (value === null) return { words: `before: ${say(before.value, unit)}`, tone: 'plain' };
  if (value === before.value) return { words: `the same as before`, tone: 'plain' };
  const good = value > before.value === (better === 'more');
  return { words: `${good ? 'better' : 'worse'} than before: ${say(before.value, unit)}`, tone: good ? 'allow' : 'deny' };
}

/** The steps of a distribution, for people. */
export function stepWords(upTo: number | null, before: number | null): string {
  if (upTo === null) return `over ${spell((before ?? 0) * 1000, 1)}`;
  return `up to ${spell(upTo * 1000, 1)}`;
}
