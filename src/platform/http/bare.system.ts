import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { readPlainHead, type PlainHead } from './plain-request.ts';

/** An answer: its headers as name, value, name, value. */
export type Answer = { readonly status: number; readonly headers: readonly string[]; readonly text: string };
/** What takes a request whole; null where it is for the usual way, which then reads it from its first byte on. */
export type BareDoor = (head: PlainHead, socket: Socket) => ((body: Uint8Array) => Promise<Answer>) | null;
export type BareParts = {
  /** What the addresses of all doors begin with. */
  readonly prefix: string;
  readonly door: BareDoor;
  /** Counts a request of this connection as under way, until what it answers is called. */
  readonly underWay: (socket: Socket) => () => void;
  /** Whether connections go on after an answer. */
  readonly open: () => boolean;
};

/** How long a connection may say nothing, and how long a head and a body may take: as for every other connection. */
const SILENT_MS = 15_000;
const RESTS_MS = 30_000;
const HEAD_MS = 15_000;
const BODY_MS = 30_000;
const HEAD_ENDS = '\r\n\r\n';
/** What a sender says before it heard the answer waits, and so much of it at most before it is no longer listened to. */
const AHEAD = 64 * 1024;

/** Takes new connections from the HTTP server, which gets those that are handed over to it; at first, all. */
export function inFront(
  http: Server,
  event: 'connection' | 'secureConnection',
): { readonly handOver: (socket: Socket) => void; bare(take: (socket: Socket) => void): void } {
  const its = http.listeners(event) as ((socket: Socket) => void)[];
  http.removeAllListeners(event);
  const handOver = (socket: Socket): void => {
    for (const listener of its) listener.call(http, socket);
  };
  let take = handOver;
  http.on(event, (socket: Socket) => take(socket));
  return { handOver, bare: (first) => void (take = first) };
}

/**
 * Listens to a new connection: as long as plain requests for the doors come on it, one after the other, they are read and answered
 * here, without the objects that a whole HTTP server makes of each. With the first byte of anything else the connection is
 * the HTTP server's for good, which reads the same bytes.
 */
export function bareConnection(parts: BareParts, socket: Socket, handOver: (socket: Socket) => void): void {
  new Connection(parts, socket, handOver).listen();
}

class Connection {
  readonly #parts: BareParts;
  readonly #socket: Socket;
  readonly #handOver: (socket: Socket) => void;
  #held: Buffer[] = [];
  #size = 0;
  /** So many bytes must be there before it is worth looking again. */
  #wanted = 0;
  #since = 0;
  #busy = false;
  #ended = false;
  #head: { readonly head: PlainHead; readonly take: (body: Uint8Array) => Promise<Answer> } | null = null;

  constructor(parts: BareParts, socket: Socket, handOver: (socket: Socket) => void) {
    this.#parts = parts;
    this.#socket = socket;
    this.#handOver = handOver;
  }

  listen(): void {
    this.#socket.setTimeout(SILENT_MS);
    this.#socket.on('data', this.#heard).on('end', this.#end).on('error', this.#failed).on('timeout', this.#silent);
  }

  readonly #heard = (part: Buffer): void => {
    if (this.#size === 0) this.#since = performance.now();
    this.#held.push(part);
    this.#size += part.length;
    if (this.#busy) {
      if (this.#size > AHEAD) this.#socket.pause();
    } else if (this.#size >= this.#wanted) this.#look();
    else this.#mustHurry();
  };
  readonly #failed = (): void => void this.#socket.destroy();
  /** Who is waited for may take its time; who lets us wait may not. */
  readonly #silent = (): void => {
    if (!this.#busy) this.#socket.destroy();
  };
  readonly #end = (): void => {
    this.#ended = true;
    if (!this.#busy) this.#socket.end();
  };

  /** Reads what is there. */
  #look(): void {
    const all = this.#held.length === 1 ? (this.#held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#held);
    this.#held = [all];
    if (this.#head === null) {
      const end = all.indexOf(HEAD_ENDS);
      const head = readPlainHead(all.toString('latin1', 0, end < 0 ? Math.min(all.length, 17_000) : end + 4), this.#parts.prefix);
      if (head === 'more') return this.#mustHurry();
      const take = head === 'other' ? null : this.#parts.door(head, this.#socket);
      if (head === 'other' || take === null) return this.#give();
      this.#head = { head, take };
      this.#wanted = head.bodyAt + head.length;
    }
    if (all.length < this.#wanted) return this.#mustHurry();
    const { head, take } = this.#head;
    const rest = all.subarray(this.#wanted);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    const body = all.subarray(head.bodyAt, this.#wanted);
    this.#head = null;
    this.#wanted = 0;
    this.#busy = true;
    const done = this.#parts.underWay(this.#socket);
    void take(body).then((answer) => this.#answer(answer, head.close, done));
  }

  #answer({ status, headers, text }: Answer, close: boolean, done: () => void): void {
    const socket = this.#socket;
    const ends = close || this.#ended || !this.#parts.open();
    this.#busy = false;
    if (!socket.destroyed) {
      socket.write(asText(status, headers, text, ends), 'utf8');
      if (ends) socket.end();
      else socket.setTimeout(RESTS_MS);
    }
    done();
    if (ends || socket.destroyed || this.#size === 0) return;
    this.#since = performance.now();
    socket.resume();
    this.#look();
  }

  #mustHurry(): void {
    const took = performance.now() - this.#since;
    if (took > (this.#head === null ? HEAD_MS : BODY_MS)) this.#socket.destroy();
  }

  #give(): void {
    const socket = this.#socket;
    socket.off('data', this.#heard).off('end', this.#end).off('error', this.#failed).off('timeout', this.#silent);
    socket.setTimeout(0);
    socket.pause();
    const all = this.#held[0];
    if (all !== undefined) socket.unshift(all);
    this.#handOver(socket);
    socket.resume();
  }
}

let second = 0;
let date = '';

/** As Node's own server says it. */
function asText(status: number, headers: readonly string[], text: string, ends: boolean): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    date = new Date(now * 1000).toUTCString();
  }
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'unknown'}\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  const after = ends ? 'Connection: close\r\n' : `Connection: keep-alive\r\nKeep-Alive: timeout=${RESTS_MS / 1000}\r\n`;
  return `${head}Date: ${date}\r\n${after}\r\n${text}`;
}
