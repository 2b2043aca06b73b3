import { setTimeout as sleep } from 'node:timers/promises';
import { mayShipRelease } from '../contract/releases.ts';
import { askAdmission } from '../contract/record-deployments.ts';
import type { Client } from '../host/client.http.ts';
import { mayShipText } from './commands/decisions.ts';
import { EXIT, exitOfVerdict, type Exit } from './exit-codes.ts';
import { wholeNumber } from './refs.ts';
import type { Shell } from './shell.ts';
import { when } from './terminal.ts';

export type AdmitOptions = {
  readonly env: string;
  readonly rollback?: boolean;
  readonly admit?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
};

/** How often it is asked again while it waits. */
const ASK_EVERY_MS = 3_000;

/**
 * Asks for a deployment that a foreign tool is about to do, and with --wait until the answer is yes or no. Exit code 0:
 * go (it is allowed, or the service is only observed); 3: no; 4: not yet, not known, or the time to wait was over.
 */
export async function admit(shell: Shell, client: Client, release: string, options: AdmitOptions): Promise<Exit> {
  const until = Date.now() + wholeNumber('--timeout', options.timeout, 0, 7 * 86_400) * 1000;
  const purpose = options.rollback === true ? ('rollback' as const) : ('deploy' as const);
  for (;;) {
    const answer = await client.call(askAdmission, { body: { release, environment: options.env, purpose } });
    const over = answer.go || answer.verdict === 'deny' || options.wait !== true || Date.now() >= until;
    if (over) {
      const told = await client.call(mayShipRelease, { params: { release }, query: { environment: options.env, purpose } });
      const go = answer.go
        ? `Go: ${answer.verdict === 'allow' ? `it holds until ${when(answer.notAfter)}` : 'nothing is blocked'}. Tell that it began: ym record deployment ... --state started`
        : '';
      shell.print(`${mayShipText(shell, told)}\n${answer.deployment}\n${go}`.trimEnd(), { ...answer, words: told.words });
      return answer.go ? EXIT.ok : exitOfVerdict(answer.verdict);
    }
    shell.progress(`${answer.verdict}: ${answer.reasons.map(({ text }) => text).join(' ')}`);
    const soon = answer.earliest === null ? ASK_EVERY_MS : Math.max(500, Date.parse(answer.earliest) - Date.now());
    await sleep(Math.min(ASK_EVERY_MS, soon, Math.max(0, until - Date.now())), undefined, { signal: shell.signal });
  }
}
