/** The version in what a client of ours calls itself (`yardmaster/1.2.3`); null for any other. */
export function versionOfClient(userAgent: string | null): string | null {
  return /^yardmaster\/([0-9A-Za-z.+-]{1,40})$/.exec(userAgent ?? '')?.[1] ?? null;
}
