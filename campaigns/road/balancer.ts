import { connect, createServer, type Socket } from 'node:net';

/** What stands between everybody and the servers: new connections go to the one that is chosen. */
export type Balancer = {
  readonly port: number;
  /** From now on everything goes to this server; connections to the others are cut, as health checks would do. */
  readonly choose: (at: number) => void;
  /** For so long requests still arrive and answers are swallowed; then all connections are cut. */
  readonly deafen: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Forwards TCP to one of `ports`, at first to the first. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let chosen = 0;
  let deaf = false;
  const open = new Map<Socket, number>();
  const server = createServer((incoming) => {
    const at = chosen;
    const outgoing = connect(ports[at] ?? 0, '127.0.0.1');
    forward(incoming, outgoing, () => false);
    forward(outgoing, incoming, () => deaf);
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.set(one, at);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the balancer has no port');
  return {
    port: address.port,
    choose(at) {
      chosen = at;
      for (const [socket, to] of open) if (to !== at) socket.destroy();
    },
    async deafen(ms) {
      deaf = true;
      await new Promise((done) => setTimeout(done, ms));
      for (const socket of open.keys()) socket.destroy();
      deaf = false;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open.keys()) socket.destroy();
      }),
  };
}

function forward(from: Socket, to: Socket, swallowed: () => boolean): void {
  from.on('data', (bytes) => {
    if (!swallowed() && to.writable && !to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}
