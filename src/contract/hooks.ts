import { z } from 'zod';
import { idOf } from './common.ts';
import { defineRoute } from './route.ts';

/** Bytes of one delivery that comes in. */
export const HOOK_LIMIT = 1024 ** 2;

const hookAnswer = z.object({ accepted: z.boolean(), duplicate: z.boolean(), delivery: idOf('dlv').nullable() });
const door = {
  method: 'POST',
  access: { kind: 'signed', why: 'the signature over the raw bytes by the secret of the hook is the credential' },
  transaction: 'none',
  params: z.object({ hook: idOf('hok') }),
  body: { bytes: true, mediaType: 'application/json', limit: HOOK_LIMIT },
  status: 202,
  answer: hookAnswer,
} as const;

export const hookIn = defineRoute({
  ...door,
  path: '/v1/hooks/in/{hook}',
  summary: 'Bring a delivery: its signature is verified over the raw bytes, it is kept, and then it is answered; it is read afterwards',
});

export const gitHook = defineRoute({
  ...door,
  path: '/v1/hooks/git/{hook}',
  summary: 'Tell that a watched repository has changed; signed, and only a hint to look at its heads',
});

export const doorRoutes = [hookIn, gitHook] as const;
