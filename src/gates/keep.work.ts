import type { BlobNames, RetentionRule } from '../platform/retention/retention.port.ts';
import { dueReports, namedReports, removeReports } from './keep.store.ts';

/** The bytes of reports; what was read in them (counts, findings, what they spoke for) is kept for ever. */
export const reportRetention: RetentionRule = {
  what: 'reports',
  days: 365,
  means: 'The files of reports that speak for nothing that runs. What was read in them stays.',
  due: dueReports,
  async remove(tx, before, limit) {
    const digests = await removeReports(tx, before, limit);
    return { things: digests.length, digests };
  },
};

export const reportBytes: BlobNames = { name: 'gates', columns: ['report.digest'], named: namedReports };
