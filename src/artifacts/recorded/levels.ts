/**
 * What a policy asks of a build that a foreign CI did and told: that it was told at all with a token that may, that the
 * teller is a verified workload of the service's repository, or that a registered key or identity signed provenance of it.
 */
export const RECORDED_LEVELS = ['token', 'identity', 'attestation'] as const;
export type RecordedLevel = (typeof RECORDED_LEVELS)[number];
