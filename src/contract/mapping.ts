import { z } from 'zod';
import { idOf } from './common.ts';
import { defineRoute } from './route.ts';

/** Which person an address or a login elsewhere is. */

const naming = {
  /** `github.com`; null: the value is an e-mail address. */
  host: z.string().min(1).max(250).nullable(),
  value: z.string().min(1).max(250),
};

export const listUnmapped = defineRoute({
  method: 'GET',
  path: '/v1/people/unmapped',
  summary: 'Authors, co-authors, reviewers, deployers and people in a chat that map to nobody, and who each could be',
  access: { kind: 'may', action: 'admin.audit' },
  query: z.object({ all: z.enum(['true', 'false']).optional() }),
  answer: z.object({
    items: z.array(
      z.object({
        host: z.string().nullable(),
        value: z.string(),
        name: z.string().nullable(),
        roles: z.array(z.string()),
        seen: z.number().int(),
        firstAt: z.string(),
        lastAt: z.string(),
        /** An admin looked, and it stays unknown. */
        dismissed: z.boolean(),
        suggestions: z.array(z.object({ person: idOf('per'), name: z.string(), why: z.string() })),
      }),
    ),
    logins: z.array(
      z.object({ host: z.string(), login: z.string(), person: z.string().nullable(), bot: z.string().nullable(), name: z.string() }),
    ),
  }),
});
export const mapName = defineRoute({
  method: 'POST',
  path: '/v1/people/map',
  summary: 'Say which person an address or a login is, or which bot: its owner answers for it',
  access: { kind: 'may', action: 'admin.people' },
  body: z.strictObject({ ...naming, to: z.string().regex(/^(?:per|bot)_[0-9a-f]{32}$/, 'the id of a person or a bot') }),
  answer: z.object({ mapped: z.literal(true) }),
});
export const unmapLogin = defineRoute({
  method: 'POST',
  path: '/v1/people/unmap',
  summary: 'Take a login from whom it stands for',
  access: { kind: 'may', action: 'admin.people' },
  body: z.strictObject({ host: z.string().min(1).max(250), login: z.string().min(1).max(250) }),
  answer: z.object({ unmapped: z.literal(true) }),
});
export const dismissUnmapped = defineRoute({
  method: 'POST',
  path: '/v1/people/unmapped/dismiss',
  summary: 'Take a name off the list of the unmapped; it stays unknown',
  access: { kind: 'may', action: 'admin.people' },
  body: z.strictObject(naming),
  answer: z.object({ dismissed: z.literal(true) }),
});

export const mappingRoutes = [listUnmapped, mapName, unmapLogin, dismissUnmapped] as const;
