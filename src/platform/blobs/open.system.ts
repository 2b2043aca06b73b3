import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { BlobStore } from '../floor.ts';
import { openBlobStore } from './disk.system.ts';
import { openS3Store, s3Answers } from './s3.system.ts';

/** The store of bytes that the settings name. Throws `platform.blob-store` where a bucket can't be asked. */
export async function openBlobs(config: Pick<Config, 'state' | 's3'>): Promise<BlobStore> {
  const folder = join(config.state, 'blobs');
  if (config.s3 === null) return openBlobStore(folder);
  await s3Answers(config.s3);
  // Where streams wait here until their digest is known; what died processes left is tidied there as before.
  return openS3Store(config.s3, join(folder, 'incoming'));
}
