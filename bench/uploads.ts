import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import type { Benchmark } from './support/benchmark.ts';
import { makeInstance, type Instance } from './support/instance.ts';

const UPLOADS = 50;
const BYTES = 100_000_000;
const MOST_MIB = 400;
const CHUNK = 1024 ** 2;

/**
 * Fifty uploads of 100 MB at once, each other bytes, to a real server process: the most memory that the process held
 * (VmHWM of the kernel; its PostgreSQL is a process of its own). The digests that it answers are compared with ours.
 */
export const benchmark: Benchmark = async ({ rounds = 1, say }) => {
  const instance = await makeInstance();
  try {
    const text = 'teams: {crew: {title: Crew}}\nenvironments: {dev: {kind: development}}\nservices: {shop: {team: crew, tier: 3}}\n';
    const plan = await instance.call('POST', '/v1/catalog/plan', { text });
    await instance.call('POST', '/v1/catalog/apply', { text, plan: plan['digest'] });
    const before = peakMiB(instance);
    let seconds = 0;
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      const block = randomBytes(CHUNK);
      const digests = await Promise.all(Array.from({ length: UPLOADS }, (_, at) => upload(instance, `${round}-${at}`, block)));
      seconds = (performance.now() - began) / 1000;
      if (new Set(digests).size !== UPLOADS) throw new Error('uploads of other bytes have the same digest');
    }
    const peak = peakMiB(instance);
    say(
      `${UPLOADS} uploads of ${BYTES / 1e6} MB at once took ${seconds.toFixed(0)} s: ${((UPLOADS * BYTES) / 1e6 / seconds).toFixed(0)} MB/s`,
    );
    return {
      unit: 'MiB',
      ours: peak,
      peers: { 'the same server before the first upload': before },
      limit: MOST_MIB,
      rounds,
      note: `most resident memory of the server during ${UPLOADS} uploads of 100 MB at once`,
      within: peak < MOST_MIB,
      more: { seconds, before },
    };
  } finally {
    await instance.close();
  }
};

function peakMiB(instance: Instance): number {
  const status = readFileSync(`/proc/${instance.server().child.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Sends 100 MB as an artifact of a recorded run, no faster than the server takes it; answers its digest. */
function upload(instance: Instance, id: string, block: Buffer, tried = 0): Promise<string> {
  const query = new URLSearchParams({ service: 'shop', system: 'bench', id, commit: 'c'.repeat(40), name: 'shop' });
  const url = new URL(`/v1/record/artifacts?${query.toString()}`, instance.url);
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${instance.token}`, 'content-type': 'application/octet-stream', 'content-length': BYTES };
    const sent = request(url, { method: 'POST', headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const answer = Buffer.concat(parts).toString();
        const { digest } = JSON.parse(answer) as { digest?: string };
        if (response.statusCode === 200 && digest !== undefined) resolve(digest);
        // "Try again in a few seconds": fifty finish at once, and the database has its own limit of what it waits for. As ym does.
        else if (response.statusCode === 503 && tried < 5)
          setTimeout(() => resolve(upload(instance, id, block, tried + 1)), 500 * 2 ** tried);
        else reject(new Error(`answered ${response.statusCode}: ${answer.slice(0, 500)}`));
      });
    });
    sent.on('error', reject);
    let left = BYTES;
    const first = Buffer.from(id.padEnd(64, '.'));
    const more = (): void => {
      while (left > 0) {
        const part = left === BYTES ? first : block.subarray(0, Math.min(block.length, left));
        left -= part.length;
        if (!sent.write(part)) return void sent.once('drain', more);
      }
      sent.end();
    };
    more();
  });
}
