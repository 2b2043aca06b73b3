import { defineProblem } from '../kernel/problem.ts';

export const reportUnreadable = defineProblem<{ file: string; format: string | null; why: string }>('cli.report-unreadable', {
  status: 422,
  sentence: ({ file, format, why }) => `${file} says nothing${format === null ? '' : ` (it looks like ${format})`}: ${why}.`,
  remedy: 'See docs/guide/reports.md for the formats that are read and their limits; a gate takes such a report as unknown.',
});
