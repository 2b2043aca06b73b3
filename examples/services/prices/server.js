import { createServer } from 'node:http';
import { priceOf, priceOfMany } from './prices.js';

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (url.pathname === '/healthz') return answer(200, { ok: true });
  const sku = /^\/prices\/([a-z]+)$/.exec(url.pathname)?.[1];
  if (sku === undefined) return answer(404, { error: 'no such page' });
  const count = Number(url.searchParams.get('count') ?? '1');
  const cents = count === 1 ? priceOf(sku) : priceOfMany(sku, count);
  return cents === null ? answer(404, { error: 'no such product' }) : answer(200, { sku, count, cents });
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
