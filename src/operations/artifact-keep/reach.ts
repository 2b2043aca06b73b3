/** How far an artifact came: it was only built, it is of a release, or it ran in production. */
export const REACHES = ['built', 'released', 'production'] as const;
export type Reach = (typeof REACHES)[number];

/** How each is kept where nobody decided otherwise: days since it was used last, and the newest of each service whatever their age. */
export const KEPT: Readonly<
  Record<Reach, { readonly what: string; readonly days: number; readonly keep: number; readonly means: string }>
> = {
  built: {
    what: 'artifacts-built',
    days: 90,
    keep: 20,
    means: 'Bytes of artifacts that no release holds. What was built and attested stays.',
  },
  released: {
    what: 'artifacts-released',
    days: 365,
    keep: 10,
    means: 'Bytes of artifacts of releases that never ran in production. Releases and their evidence stay.',
  },
  production: {
    what: 'artifacts-production',
    days: 3650,
    keep: 10,
    means: 'Bytes of artifacts that ran in production. Releases and their evidence stay.',
  },
};

/** So many of the last versions in each place are ways back, and stay. */
export const WAYS_BACK = 5;
