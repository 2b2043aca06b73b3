import { createServer } from 'node:http';
import { leftOf } from './stock.js';

const server = createServer((request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/healthz') return answer(200, { ok: true });
  const sku = /^\/stock\/([a-z]+)$/.exec(request.url)?.[1];
  const left = sku === undefined ? null : leftOf(sku);
  return left === null ? answer(404, { error: 'no such product' }) : answer(200, { sku, left });
});

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
