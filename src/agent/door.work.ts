import { rmSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import { problemSchema } from '../contract/common.ts';
import { Problem, toProblemJson } from '../kernel/problem.ts';
import { slotKey } from './acts.ts';
import { breakGlassRollback, breakGlassSchema } from './break-glass.work.ts';
import { socketPath } from './files.disk.ts';
import type { Yardhand } from './yard.work.ts';

const MAX_BODY = 64 * 1024;

/**
 * The door for people on the same machine, who need no server: a socket that only the agent's user can open.
 * `POST /rollback` goes back, `POST /down` stops everything. Answers what closes it, once all answers are out.
 */
export async function openDoor(
  state: string,
  hand: Yardhand,
  say: (line: string) => void,
  down: () => Promise<unknown>,
): Promise<() => Promise<void>> {
  const socket = socketPath(state, 'agent.sock');
  rmSync(socket, { force: true });
  const answers = async (incoming: IncomingMessage): Promise<unknown> => {
    const body = await bodyOf(incoming);
    if (incoming.method === 'POST' && incoming.url === '/down') {
      say('everything here is stopped by a person on this machine');
      return await down();
    }
    if (incoming.method !== 'POST' || incoming.url !== '/rollback') throw new Error(`no such question: ${incoming.url}`);
    const ask = breakGlassSchema.parse(body);
    say(`break-glass rollback of ${slotKey(ask)} by ${ask.operator}: ${ask.reason}`);
    return await breakGlassRollback(state, hand, ask);
  };
  const server = createServer((incoming, answer) => {
    answers(incoming).then(
      (result) => answer.writeHead(200, { connection: 'close' }).end(JSON.stringify(result)),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        const problem = error instanceof Problem ? toProblemJson(error) : why;
        answer.writeHead(error instanceof Problem ? error.status : 400, { connection: 'close' }).end(JSON.stringify(problem));
      },
    );
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(socket, done);
  });
  return async () => await new Promise((done) => server.close(() => done()));
}

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new Error('too large');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
}

/** Asks the agent that runs on this machine; throws its Problem, and where none runs what `noAgentThere` knows. */
export function askAgent(state: string, path: '/rollback' | '/down', ask: unknown): Promise<unknown> {
  return new Promise((done, fail) => {
    const outgoing = request({ socketPath: socketPath(state, 'agent.sock'), method: 'POST', path }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', fail);
      answer.on('end', () => {
        try {
          const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
          if (answer.statusCode === 200) done(body);
          else fail(problemFrom(body));
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    outgoing.on('error', fail);
    outgoing.end(JSON.stringify(ask));
  });
}

function problemFrom(body: unknown): Error {
  const read = problemSchema.safeParse(body);
  if (!read.success) return new Error(String(body));
  const { code, status, title, remedy } = read.data;
  return new Problem({ code, status, sentence: title, remedy });
}

/** Whether an error of `askAgent` says that no agent listens. */
export function noAgentThere(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}
