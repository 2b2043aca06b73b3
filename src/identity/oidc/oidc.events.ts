import { z } from 'zod';
import { defineEvent } from '../../kernel/event.ts';

const provider = z.object({ provider: z.string(), name: z.string() });

export const providerAdded = defineEvent({
  type: 'provider.added',
  subject: 'idp',
  means: 'persons may sign in with a provider',
  body: provider.extend({ issuer: z.string() }),
});
export const providerChanged = defineEvent({
  type: 'provider.changed',
  subject: 'idp',
  means: 'the settings of a sign-in provider were changed',
  body: provider.extend({ fields: z.array(z.string()) }),
});
export const providerRemoved = defineEvent({
  type: 'provider.removed',
  subject: 'idp',
  means: 'nobody signs in with a provider any more; the sessions that it opened ended',
  body: provider.extend({ ended: z.int() }),
});
export const passwordsRuled = defineEvent({
  type: 'provider.passwords-ruled',
  subject: 'org',
  means: 'who may sign in with a password was decided',
  body: z.object({ passwords: z.string() }),
});
export const accountLinked = defineEvent({
  type: 'person.account-linked',
  subject: 'per',
  means: 'an account at a provider is a person here from now on',
  body: z.object({ person: z.string(), provider: z.string(), by: z.string() }),
});
export const accountUnlinked = defineEvent({
  type: 'person.account-unlinked',
  subject: 'per',
  means: 'a person’s accounts at a provider are theirs no more; the sessions that it opened ended',
  body: z.object({ person: z.string(), issuer: z.string(), ended: z.int() }),
});
export const providerRefused = defineEvent({
  type: 'person.provider-refused',
  subject: 'per',
  means: 'the provider, or its claims, refused a person; the sessions that it had opened ended',
  body: z.object({ person: z.string(), provider: z.string(), ended: z.int() }),
});
export const terminalApproved = defineEvent({
  type: 'session.terminal-approved',
  subject: 'per',
  means: 'a person let a terminal sign in as them',
  body: z.object({ person: z.string() }),
});
export const oidcEvents = [
  providerAdded,
  providerChanged,
  providerRemoved,
  passwordsRuled,
  accountLinked,
  accountUnlinked,
  providerRefused,
  terminalApproved,
];
