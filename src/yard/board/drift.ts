import type { DriftRow } from './board-rows.ts';

/** In a sentence, how what the agent saw differs from what is recorded. */
export function driftOf({ wanted, serving }: Pick<DriftRow, 'wanted' | 'serving'>): string {
  const taking = serving.filter((one) => one.weight > 0);
  if (taking.length === 0) return 'The agent saw no instance that takes traffic.';
  const other = taking.find((one) => !wanted.includes(one.digest));
  if (other !== undefined) return `The agent saw ${other.version} (${other.digest.slice(0, 19)}) take ${other.weight} % of the traffic.`;
  const ill = taking.find((one) => one.state !== 'up');
  return ill === undefined ? 'The agent saw what is recorded.' : `The agent saw ${ill.version} take traffic while it was ${ill.state}.`;
}
