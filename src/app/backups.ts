import { createRequire } from 'node:module';
import type { Maker } from '../operations/backup.work.ts';

/** What this program knows of itself that a backup needs: its version, and which columns name blobs that must be there. */
export const backupMaker: Maker = {
  program: (createRequire(import.meta.url)('../../package.json') as { version: string }).version,
  needed: [
    'run.archive',
    'job_attempt.log_digest',
    'job_artifact.digest',
    'artifact.digest',
    'attestation.envelope_digest',
    'attestation.document_digest',
    'report.digest',
  ],
};
