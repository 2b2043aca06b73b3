import { changeFailureRateFigure } from './change-failure-rate.ts';
import type { FigureName } from '../contract/metrics.ts';
import { deploymentFrequencyFigure } from './deployment-frequency.ts';
import type { Figure } from './kpi.ts';
import { leadTimeFigure } from './lead-time.ts';
import { reworkRateFigure } from './rework-rate.ts';
import { timeToRestoreFigure } from './time-to-restore.ts';

/** DORA's keys, in the order in which they are shown. */
export const FIGURES = {
  deploymentFrequency: deploymentFrequencyFigure,
  leadTimeForChanges: leadTimeFigure,
  changeFailureRate: changeFailureRateFigure,
  timeToRestore: timeToRestoreFigure,
  reworkRate: reworkRateFigure,
} as const satisfies Readonly<Record<FigureName, Figure>>;
