import { defineProblem } from '../kernel/problem.ts';

export const nothingRuns = defineProblem<{ service: string; environment: string }>('environments.nothing-runs', {
  status: 409,
  sentence: ({ service, environment }) => `Nothing of ${service} runs in ${environment}, so there is nothing to verify.`,
  remedy: 'Deploy a release there first.',
});
export const otherReleaseRuns = defineProblem<{ asked: string; running: string; version: string }>('environments.other-release-runs', {
  status: 409,
  sentence: ({ asked, running, version }) => `You looked at ${asked}, but ${running} (${version}) runs there now.`,
  remedy: 'Look at what runs now, and verify that.',
});
export const personNeeded = defineProblem<Record<string, never>>('environments.person-needed', {
  status: 403,
  sentence: 'A validation by a person needs a person: a bot can not give it.',
  remedy: 'Let a person do it with their own session or token.',
});
export const ownerNeeded = defineProblem<Record<string, never>>('environments.owner-needed', {
  status: 403,
  sentence: 'A booking is kept for a person, and nobody stands behind this credential.',
  remedy: 'Book it as a person, or as a bot that has an owner.',
});
export const wrongSpan = defineProblem<{ why: string }>('environments.wrong-span', {
  status: 422,
  sentence: ({ why }) => `This can't be booked: ${why}.`,
  remedy: 'Give an end that lies after the beginning and in the future, 14 days after it at most.',
});
export const alreadyBooked = defineProblem<{ booking: string; from: string; until: string }>('environments.already-booked', {
  status: 409,
  sentence: ({ booking, from, until }) => `It is booked from ${from} until ${until} (${booking}).`,
  remedy: 'Book another time, or ask its owner to give it back.',
});
export const noSuchBooking = defineProblem<{ id: string }>('environments.no-such-booking', {
  status: 404,
  sentence: ({ id }) => `There is no booking ${id}.`,
  remedy: 'See `ym env bookings` for those that there are.',
});
export const bookingOver = defineProblem<{ id: string }>('environments.booking-over', {
  status: 409,
  sentence: ({ id }) => `The booking ${id} is over.`,
  remedy: 'There is nothing left to give back.',
});
export const noSuchIncident = defineProblem<{ id: string }>('environments.no-such-incident', {
  status: 404,
  sentence: ({ id }) => `There is no incident ${id}.`,
  remedy: 'See `GET /v1/incidents` for those that there are.',
});
export const incidentClosed = defineProblem<{ id: string; resolvedAt: string }>('environments.incident-closed', {
  status: 409,
  sentence: ({ id, resolvedAt }) => `The incident ${id} was resolved at ${resolvedAt}.`,
  remedy: 'If it came back, open a new incident.',
});
export const wrongInstant = defineProblem<{ field: string; why: string }>('environments.wrong-instant', {
  status: 422,
  sentence: ({ field, why }) => `${field} ${why}.`,
  remedy: 'Give an instant between the beginning of the incident and now.',
});
export const noSuchDeployments = defineProblem<{ ids: readonly string[] }>('environments.no-such-deployment', {
  status: 422,
  sentence: ({ ids }) => `These deployments do not exist: ${ids.join(', ')}.`,
  remedy: 'See `GET /v1/deployments` for their ids.',
});
export const noSuchHook = defineProblem<{ id: string }>('environments.no-such-hook', {
  status: 404,
  sentence: ({ id }) => `There is no webhook ${id}.`,
  remedy: 'Check its id, or make one.',
});
/** One answer for every reason, so that a stranger learns nothing about hooks and secrets. */
export const hookRefused = defineProblem<Record<string, never>>('environments.hook-refused', {
  status: 401,
  sentence: 'This delivery is not signed by a webhook that we know, or its time is more than five minutes away from ours.',
  remedy:
    'Send X-Yardmaster-Timestamp (Unix seconds), X-Yardmaster-Delivery (a fresh id) and X-Yardmaster-Signature-256: sha256= and the hex HMAC-SHA256 of "timestamp.delivery.body" by the secret shown when the hook was made.',
});
export const hookBody = defineProblem<{ errors: readonly string[] }>('environments.hook-body', {
  status: 422,
  sentence: ({ errors }) => `The delivery is signed, but its body can't be read: ${errors.join('; ')}.`,
  remedy: 'Send an object with "action" (open, link or resolve) and "id"; GET /openapi.json describes the route.',
});
