// Sends webhooks as GitHub does over N connections that stay open, one at a time on each: the next goes out when the one
// before was answered. Started by bench/webhooks.ts and campaigns/webhooks.ts; reads one line of JSON for each round
// `{port, path, secret, connections, ms, from}` and answers it with one: `{sent, accepted, others, ids, ms, latencies}`.
import { createHash, createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Pushes as forges tell them, of 2,900 bytes: as many different ones as no window of a compressor holds, with ids as random as commits are. */
const BODIES = Array.from({ length: 256 }, (_, push) => {
  const hex = (what) => createHash('sha1').update(`${push}-${what}`).digest('hex');
  const text = JSON.stringify({
    ref: `refs/heads/${push % 3 === 0 ? 'main' : `feature/${hex('branch').slice(0, 8)}`}`,
    before: hex('before'),
    after: hex('after'),
    repository: { id: push, full_name: `example/shop-${push}`, clone_url: `https://example.org/shop-${push}.git`, default_branch: 'main' },
    commits: Array.from({ length: 6 }, (_, at) => ({
      id: hex(at),
      message: `feat: a change of ${hex(`where-${at}`).slice(0, 12)}, with words on why it was made`,
      timestamp: `2026-01-${String((push % 28) + 1).padStart(2, '0')}T00:00:00Z`,
      author: { name: `Ada ${hex('who').slice(0, 6)}`, email: `${hex('who').slice(0, 6)}@example.org`, username: hex('who').slice(0, 6) },
      added: [`src/${hex(`added-${at}`).slice(0, 10)}/new.ts`],
      removed: [],
      modified: ['src/shop.ts', 'src/cart.ts', `src/part-${at}/${hex(`old-${at}`).slice(0, 8)}.ts`],
      url: `https://example.org/shop-${push}/commit/${hex(at)}`,
    })),
  });
  return Buffer.from(text.padEnd(2900, ' '));
});

async function round({ port, path, secret, connections, ms, from }) {
  const heads = BODIES.map((body) => {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    return Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nUser-Agent: GitHub-Hookshot/1\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${body.length}\r\nX-GitHub-Delivery: `,
    );
  });
  const began = performance.now();
  const told = { sent: 0, accepted: [], others: 0, latencies: [] };
  const over = () => performance.now() - began >= ms;
  await Promise.all(Array.from({ length: connections }, (_, at) => line(at)));
  return { ...told, ms: performance.now() - began };

  function line(at) {
    return new Promise((done) => {
      let heard = '';
      let id = '';
      let count = 0;
      let at0 = 0;
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      const next = () => {
        if (over()) return socket.end();
        count += 1;
        id = `${from}-${at}-${count}`;
        told.sent += 1;
        at0 = performance.now();
        const push = (count * 31 + at * 7) % BODIES.length;
        socket.write(Buffer.concat([heads[push], Buffer.from(`${id}\r\n\r\n`), BODIES[push]]));
      };
      socket.on('connect', next);
      socket.on('data', (part) => {
        heard += part.toString('latin1');
        const end = heard.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(heard)?.[1] ?? Number.NaN);
        if (!(heard.length >= end + 4 + length)) return;
        if (heard.startsWith('HTTP/1.1 202')) told.accepted.push(id);
        else told.others += 1;
        told.latencies.push(performance.now() - at0);
        heard = '';
        next();
      });
      socket.on('error', () => undefined);
      socket.on('close', done);
    });
  }
}

for await (const text of createInterface({ input: process.stdin })) {
  const order = JSON.parse(text);
  const answer = await round(order);
  const sorted = answer.latencies.sort((one, other) => one - other);
  const part = (share) => sorted[Math.floor(sorted.length * share)] ?? 0;
  const { accepted, latencies: _all, ...rest } = answer;
  const out = { ...rest, accepted: accepted.length, ids: order.ids === true ? accepted : [], p50: part(0.5), p99: part(0.99) };
  process.stdout.write(`${JSON.stringify(out)}\n`);
}
