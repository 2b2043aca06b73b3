import { readFileSync } from 'node:fs';
import { verifyHook } from '../src/kernel/webhook.ts';
import { bodyFlips, headerFlips, payloads, SIGNERS } from '../src/testing/hooks/flips.ts';

/**
 * One payload of the corpus a seed, signed as a vendor signs it: every bit of its body, its signature and the headers that
 * carry it is turned, one at a time, and each is refused. 100 seeds are the 100 payloads.
 */
const SECRET = 'a secret of the campaign: 5ab1e7c0';
const signers = Object.keys(SIGNERS).filter((one) => one !== 'gitea');

export const campaign = {
  name: 'signatures',
  async run(seed: number): Promise<void> {
    const files = payloads(100);
    const file = files[(seed - 1) % files.length];
    if (file === undefined) throw new Error('the corpus is not here');
    const body = readFileSync(file);
    const headers = SIGNERS[signers[seed % signers.length] ?? '']?.(SECRET, body, 'msg_1', 1000) ?? {};
    const verify = (one: { headers: Readonly<Record<string, string>>; body: Uint8Array }): boolean =>
      verifyHook({
        header: (name) => one.headers[name] ?? null,
        body: one.body,
        secret: SECRET,
        schemes: ['standard', 'hub', 'slack', 'yardmaster'],
        nowMs: 1_000_000,
        encrypted: false,
      }).ok;
    if (!verify({ headers, body })) throw new Error(`${file} itself is refused`);
    for (const flip of headerFlips({ headers, body }))
      if (verify(flip)) throw new Error(`${file}: ${JSON.stringify(flip.headers)} is taken`);
    let bit = 0;
    for (const flip of bodyFlips({ headers, body })) {
      if (verify(flip)) throw new Error(`${file}: with bit ${bit} turned it is taken`);
      bit += 1;
    }
  },
};
