import { connect, createServer, type Socket } from 'node:net';

/** The line between a server and its database: TCP in, the database's own socket behind. */
export type Line = {
  readonly url: string;
  /** Cuts every connection and lets none through, as a database does that has died. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

/** Stands in front of the database of `url` (a TCP or socket address). */
export async function databaseLine(url: string): Promise<Line> {
  const target = new URL(url);
  const folder = target.searchParams.get('host');
  const port = target.searchParams.get('port') ?? (target.port === '' ? '5432' : target.port);
  const reach = (): Socket => (folder === null ? connect(Number(port), target.hostname) : connect(`${folder}/.s.PGSQL.${port}`));
  const open = new Set<Socket>();
  let dead = false;
  const server = createServer((client) => {
    if (dead) return void client.destroy();
    const behind = reach();
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `postgresql://${target.username}:${target.password}@127.0.0.1:${own}${target.pathname}`,
    cut() {
      dead = true;
      for (const socket of open) socket.destroy();
    },
    mend: () => void (dead = false),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
