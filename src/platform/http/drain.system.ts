import type { Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';

const DRAIN_MS = 10_000;
const busy = new WeakMap<Server, Map<Socket, number>>();

/** Keeps count of what goes on on each connection of `server`; call it before the server listens. */
export function countRequests(server: Server): void {
  const sockets = new Map<Socket, number>();
  busy.set(server, sockets);
  // Requests of an encrypted connection come on the socket that the handshake made.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.set(socket, 0);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', ({ socket }, response) => void response.once('close', underWay(server, socket)));
}

/** Counts one request of a connection as under way, until what it answers is called. */
export function underWay(server: Server, socket: Socket): () => void {
  const sockets = busy.get(server) ?? new Map<Socket, number>();
  sockets.set(socket, (sockets.get(socket) ?? 0) + 1);
  return () => {
    if (!sockets.has(socket)) return;
    const left = (sockets.get(socket) ?? 1) - 1;
    sockets.set(socket, left);
    if (!server.listening && left === 0) socket.destroySoon();
  };
}

/**
 * Lets what is under way end, for ten seconds at most, and takes no new connections. A connection on which nothing goes
 * on is ended at once, also one that never sent a request: browsers keep such open, and Node doesn't count them as idle.
 */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const [socket, requests] of busy.get(server) ?? []) if (requests === 0) socket.destroy();
  const late = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of (busy.get(server) ?? new Map<Socket, number>()).keys()) socket.destroy();
  }, DRAIN_MS);
  await closed;
  clearTimeout(late);
}
