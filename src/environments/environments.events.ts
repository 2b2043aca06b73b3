import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';

const text = z.string();
const optional = z.string().nullable();

/** The subject of these is the service; words of CDEvents. */
const runs = z.object({
  environment: text,
  release: text,
  version: text,
  artifacts: z.array(text),
  configuration: text,
  deployment: text,
  /** What ran before; null: nothing. */
  previous: z.object({ release: text, version: text, deployment: text }).nullable(),
});
export const serviceDeployed = defineEvent({
  type: 'service.deployed',
  subject: 'svc',
  means: 'A service runs in an environment for the first time.',
  body: runs,
});
export const serviceUpgraded = defineEvent({
  type: 'service.upgraded',
  subject: 'svc',
  means: 'Another release of a service runs in an environment.',
  body: runs,
});
export const serviceRolledBack = defineEvent({
  type: 'service.rolledback',
  subject: 'svc',
  means: 'A service went back to a release that ran before.',
  body: runs,
});

/** `person`: who says so, where it was a person. Notes are in no fact. */
const checked = z.object({
  service: text,
  environment: text,
  release: text,
  deployment: optional,
  check: text,
  person: optional,
  evidence: optional,
});
export const environmentVerified = defineEvent({
  type: 'environment.verified',
  subject: 'ver',
  means: 'A check found a release right in an environment.',
  body: checked,
});
export const verificationFailed = defineEvent({
  type: 'environment.verification-failed',
  subject: 'ver',
  means: 'A check found a release wrong in an environment.',
  body: checked,
});
export const verificationRevoked = defineEvent({
  type: 'environment.verification-revoked',
  subject: 'ver',
  means: 'A verification no longer counts; nothing downstream may rest on it.',
  body: z.object({ service: text, environment: text, release: text, check: text, because: z.enum(['failed-later', 'taken-back']) }),
});

export const incidentDetected = defineEvent({
  type: 'incident.detected',
  subject: 'inc',
  means: 'Something is wrong with a service.',
  body: z.object({ service: optional, environment: optional, severity: text, startedAt: text, detectedAt: text, source: text }),
});
export const incidentLinked = defineEvent({
  type: 'incident.linked',
  subject: 'inc',
  means: 'An incident is put down to a deployment.',
  body: z.object({ service: optional, environment: optional, deployment: text }),
});
export const incidentResolved = defineEvent({
  type: 'incident.resolved',
  subject: 'inc',
  means: 'The service is restored.',
  body: z.object({ service: optional, environment: optional, startedAt: text, resolvedAt: text }),
});

/** The reason of a booking is in no fact. */
export const environmentBooked = defineEvent({
  type: 'environment.booked',
  subject: 'bkg',
  means: 'An environment, or a service in it, is kept for a person for a while.',
  body: z.object({ environment: text, service: optional, owner: text, from: text, until: text }),
});
export const bookingEnded = defineEvent({
  type: 'environment.booking-ended',
  subject: 'bkg',
  means: 'A booking was given back before its end.',
  body: z.object({ environment: text, service: optional }),
});

export const incidentHookMade = defineEvent({
  type: 'incident.hook-made',
  subject: 'hok',
  means: 'A webhook for incidents was made.',
  body: z.object({ hook: text }),
});
export const incidentHookRevoked = defineEvent({
  type: 'incident.hook-revoked',
  subject: 'hok',
  means: 'A webhook for incidents was ended.',
  body: z.object({ hook: text }),
});

/** Everything this slice announces. */
export const environmentEvents = [
  serviceDeployed,
  serviceUpgraded,
  serviceRolledBack,
  environmentVerified,
  verificationFailed,
  verificationRevoked,
  environmentBooked,
  bookingEnded,
  incidentDetected,
  incidentLinked,
  incidentResolved,
  incidentHookMade,
  incidentHookRevoked,
];
