import { connect, createServer, type Socket } from 'node:net';

/** A balancer that gives connections to all servers in turn; who does not take one is passed over. */
export type Spread = { readonly port: number; readonly close: () => Promise<void> };

/** Forwards TCP to `ports` in turn. */
export async function startSpread(ports: readonly number[]): Promise<Spread> {
  let next = 0;
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    open.add(incoming);
    incoming.on('close', () => open.delete(incoming));
    incoming.on('error', () => incoming.destroy());
    const first = next;
    next = (next + 1) % ports.length;
    offer(incoming, ports, first, ports.length);
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the balancer has no port');
  return {
    port: address.port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

function offer(incoming: Socket, ports: readonly number[], at: number, left: number): void {
  if (left === 0) return void incoming.destroy();
  const outgoing = connect(ports[at % ports.length] ?? 0, '127.0.0.1');
  const refused = (): void => offer(incoming, ports, at + 1, left - 1);
  outgoing.once('error', refused);
  outgoing.once('connect', () => {
    outgoing.off('error', refused);
    outgoing.on('error', () => incoming.destroy());
    outgoing.on('close', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  });
}
