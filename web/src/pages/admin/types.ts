import type { listPeople, listTokens } from '../../../../src/contract/identity.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';

export type Person = AnswerOf<typeof listPeople>['items'][number];
export type RoleOn = Person['roles'][number];
export type Token = AnswerOf<typeof listTokens>['items'][number];

/** Facts that change what these screens show. */
export const LIVE = ['person', 'role', 'bot', 'token', 'session'] as const;

/** `service shop, environment prod`; `everything` where nothing narrows it. */
export function over(on: RoleOn['on']): string {
  const parts = Object.entries(on).map(([kind, name]) => `${kind} ${String(name)}`);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
