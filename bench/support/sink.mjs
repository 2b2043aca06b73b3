// The least that can be called a receiver of webhooks: reads the body, verifies its HMAC, parses it, answers 202. It keeps
// nothing. Started by bench/webhooks.ts in a process of its own; prints its port.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.argv[2] ?? '';
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts);
    const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
    const given = Buffer.from(request.headers['x-hub-signature-256'] ?? '');
    const right = given.length === wanted.length && timingSafeEqual(given, wanted);
    const event = right ? JSON.parse(body.toString('utf8')) : null;
    const answer = JSON.stringify({ accepted: event !== null });
    response
      .writeHead(event === null ? 401 : 202, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) })
      .end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`port ${server.address().port}\n`));
