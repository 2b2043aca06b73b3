/** Issuers of workload tokens that many have, as a form offers them. Any other is as good. */
export const KNOWN_ISSUERS = [
  { name: 'github', title: 'GitHub Actions', url: 'https://token.actions.githubusercontent.com' },
  { name: 'gitlab', title: 'GitLab.com', url: 'https://gitlab.com' },
] as const;
