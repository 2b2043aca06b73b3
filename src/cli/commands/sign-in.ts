import { setTimeout as sleep } from 'node:timers/promises';
import * as contract from '../../contract/sign-in.ts';
import { keepCredential } from '../credentials.disk.ts';
import type { Shell } from '../shell.ts';
import { line, when } from '../terminal.ts';

/** Signs this terminal in by way of a browser: shows a code, and waits until somebody has said yes there. */
export async function signInByBrowser(shell: Shell): Promise<void> {
  const client = shell.client();
  const asked = await client.call(contract.askTerminal, { body: {} });
  // The address may be another name of the same server: what is printed is where its pages are.
  shell.progress(`Open ${asked.url}\nand give the code  ${asked.code}  (until ${when(asked.expiresAt)})`);
  for (;;) {
    await sleep(asked.everyS * 1000, undefined, { signal: shell.signal });
    const { session } = await client.call(contract.takeTerminal, { body: { secret: asked.secret } });
    if (session === null) continue;
    keepCredential(shell.url, session.token);
    shell.print(`Signed in as ${line(session.name)} until ${when(session.expiresAt)}.`, session);
    return;
  }
}
