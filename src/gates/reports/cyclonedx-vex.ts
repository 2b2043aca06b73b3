import type { Vex } from './model.ts';

/** CycloneDX's states of an analysis in the four words of VEX. */
export const STATES: Readonly<Record<string, Vex['status']>> = {
  not_affected: 'not_affected',
  false_positive: 'not_affected',
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
};
