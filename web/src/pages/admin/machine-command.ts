/** The command that starts a machine with a registration that was just made; the same that `ym runner register` prints. */
export function startCommand(kind: 'runner' | 'agent', name: string, registration: string): string {
  return [
    `npx yardmaster ${kind} --url ${location.origin} \\`,
    `  --name ${name} --state ~/.yardmaster-${kind} \\`,
    `  --registration ${registration}`,
  ].join('\n');
}

/** A machine that was not heard of for this long is away. */
export const AWAY_MS = 60_000;

/** When a machine was seen last is no fact: it is asked for this often, or one that lives would look away. */
export const SEEN_EVERY_MS = 5_000;
