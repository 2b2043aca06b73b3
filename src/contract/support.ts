import { defineRoute } from './route.ts';

export const getSupportBundle = defineRoute({
  method: 'GET',
  path: '/v1/admin/support-bundle',
  summary: 'What helps to find a fault, as a tar.gz without secrets and people; its manifest says what is in it',
  access: { kind: 'may', action: 'admin.operate' },
  transaction: 'none',
  answer: { bytes: true, mediaType: 'application/gzip', limit: 64 * 1024 ** 2 },
});
