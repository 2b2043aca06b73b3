// Sends webhooks as GitHub does over N connections that stay open, one at a time on each: the next goes out when the one
// before was answered. Started by bench/webhooks.ts and campaigns/webhooks.ts; reads one line of JSON for each round
// `{port, path, secret, connections, ms, from}` and answers it with one: `{sent, accepted, others, ids, ms, latencies}`.
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** A push as forges tell it, of about 2.9 kB. */
const BODY = Buffer.from(
  JSON.stringify({
    ref: 'refs/heads/main',
    before: 'a'.repeat(40),
    after: 'b'.repeat(40),
    repository: { id: 1, full_name: 'example/shop', clone_url: 'https://example.org/shop.git', default_branch: 'main' },
    commits: Array.from({ length: 6 }, (_, at) => ({
      id: String(at).repeat(40),
      message: `feat: a change of the shop, number ${at}, with a sentence that says why it was made`,
      timestamp: '2026-01-01T00:00:00Z',
      author: { name: 'Ada Example', email: 'ada@example.org', username: 'ada' },
      added: [`src/part-${at}/new.ts`],
      removed: [],
      modified: ['src/shop.ts', 'src/cart.ts', `src/part-${at}/old.ts`],
      url: `https://example.org/shop/commit/${String(at).repeat(40)}`,
    })),
  }).padEnd(2900, ' '),
);

async function round({ port, path, secret, connections, ms, from }) {
  const signature = createHmac('sha256', secret).update(BODY).digest('hex');
  const head = Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nUser-Agent: GitHub-Hookshot/1\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=${signature}\r\nContent-Length: ${BODY.length}\r\nX-GitHub-Delivery: `,
  );
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
        socket.write(Buffer.concat([head, Buffer.from(`${id}\r\n\r\n`), BODY]));
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
