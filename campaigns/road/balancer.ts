import { connect, createServer, type Socket } from 'node:net';

/** What stands in front of several servers: new connections go to the one that is chosen. */
export type Balancer = {
  readonly port: number;
  /** From now on everything goes to this server; connections to the others are cut, as health checks would do. */
  readonly choose: (at: number) => void;
  readonly close: () => Promise<void>;
};

/** Forwards TCP to one of `ports`, at first to the first. */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  let chosen = 0;
  const open = new Map<Socket, number>();
  const server = createServer((incoming) => {
    const at = chosen;
    const outgoing = connect(ports[at] ?? 0, '127.0.0.1');
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
      one.pipe(other);
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
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open.keys()) socket.destroy();
      }),
  };
}
