import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

/** `definition`: digest of the thing as it is now. Addresses of members and values of configuration are in no fact. */
const defined = z.object({ name: z.string(), version: z.number().int(), fields: z.array(z.string()), definition: z.string() });
const gone = z.object({ name: z.string(), version: z.number().int() });

export const teamCreated = defineEvent({ type: 'team.created', subject: 'tea', means: 'A team was added to the catalog.', body: defined });
export const teamChanged = defineEvent({ type: 'team.changed', subject: 'tea', means: 'A team was changed.', body: defined });
export const teamRemoved = defineEvent({ type: 'team.removed', subject: 'tea', means: 'A team was removed from the catalog.', body: gone });

export const environmentCreated = defineEvent({
  type: 'environment.created',
  subject: 'env',
  means: 'An environment was added to the catalog.',
  body: defined,
});
export const environmentModified = defineEvent({
  type: 'environment.modified',
  subject: 'env',
  means: 'An environment was changed.',
  body: defined,
});
export const environmentDeleted = defineEvent({
  type: 'environment.deleted',
  subject: 'env',
  means: 'An environment was removed from the catalog.',
  body: gone,
});

export const serviceCreated = defineEvent({
  type: 'service.created',
  subject: 'svc',
  means: 'A service was added to the catalog.',
  body: defined,
});
export const serviceChanged = defineEvent({
  type: 'service.changed',
  subject: 'svc',
  means: 'The definition of a service was changed: its owner, tier, policy, configuration or how it runs.',
  body: defined.extend({ environments: z.array(z.string()) }),
});
// CDEvents' service.removed says that an instance was taken down; this is about the catalog.
export const serviceRetired = defineEvent({
  type: 'service.retired',
  subject: 'svc',
  means: 'A service was removed from the catalog.',
  body: gone,
});

export const defaultPolicyChanged = defineEvent({
  type: 'catalog.default-policy-changed',
  subject: 'org',
  means: 'Services that name no policy follow another one from now on.',
  body: z.object({ before: z.string().nullable(), after: z.string() }),
});

/** Everything this slice announces. */
export const catalogEvents = [
  teamCreated,
  teamChanged,
  teamRemoved,
  environmentCreated,
  environmentModified,
  environmentDeleted,
  serviceCreated,
  serviceChanged,
  serviceRetired,
  defaultPolicyChanged,
];
