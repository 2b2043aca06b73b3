import type { BlobNames, RetentionRule } from '../../platform/retention/retention.port.ts';
import { UPLOAD_DAYS } from '../recorded/upload.commands.ts';
import { dueUploads, removeUploads, uploadBytes } from '../recorded/upload.store.ts';
import * as store from './keep.store.ts';

/** What this slice keeps, and for how long where nobody decided otherwise. */
export const pipelineRetention: readonly RetentionRule[] = [
  {
    what: 'logs',
    days: 90,
    means: 'Logs of jobs. Their digest, their size and what became of the job stay.',
    due: store.dueLogs,
    async remove(tx, before, limit) {
      const digests = await store.removeLogs(tx, before, limit);
      return { things: digests.length, digests };
    },
  },
  {
    what: 'caches',
    days: 30,
    means: 'Cache entries that no job used for so long.',
    due: store.dueCaches,
    async remove(tx, before, limit) {
      const digests = await store.removeCaches(tx, before, limit);
      return { things: digests.length, digests };
    },
  },
  {
    what: 'uploads',
    days: UPLOAD_DAYS,
    means: 'Uploads in parts that nobody went on with, and the parts of those that are whole.',
    due: dueUploads,
    remove: removeUploads,
  },
  {
    what: 'late-writes',
    days: 30,
    means: 'Which writes of machines came too late.',
    due: store.dueNotes,
    remove: async (tx, before, limit) => ({ things: await store.removeNotes(tx, before, limit), digests: [] }),
  },
];

export const pipelineBytes: BlobNames = {
  name: 'pipelines',
  columns: [
    'run.archive',
    'job_artifact.digest',
    'cache_entry.digest',
    'job_attempt.log_digest',
    'job_attempt.readable',
    'job_blob.digest',
    'upload.digest',
    'upload_part.digest',
  ],
  named: async (tx, digests) => [...(await store.namedBytes(tx, digests)), ...(await uploadBytes(tx, digests))],
  asArtifact: store.namedAsArtifact,
};
