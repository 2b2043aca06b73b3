import { randomUUID } from 'node:crypto';
import { createClient, type Client } from '../host/client.http.ts';
import { readCredential } from './credentials.disk.ts';
import type { Exit } from './exit-codes.ts';
import { painter, plain, plainJson, toTerminal, type Paint } from './terminal.ts';

/** What a command gets: the way to the server, and the ways out. */
export type Shell = {
  /** The client for the server of --url, YARDMASTER_URL or the default, with the token that goes with it. */
  client(): Client;
  readonly url: string;
  readonly json: boolean;
  readonly paint: Paint;
  /** An AbortSignal that Ctrl-C fires. */
  readonly signal: AbortSignal;
  /** The answer, once: `text` for people, or `data` as one line of JSON with --json. */
  print(text: string, data: unknown): void;
  /** Progress for people, on stderr; nothing with --quiet. Repeats of the same line are dropped. */
  progress(line: string): void;
  /** Text straight to stdout (logs), without a newline after it. */
  raw(text: string): void;
};

/** What a command answers: its exit code, ok where it says nothing. */
export type CommandResult = Exit | void;

export const DEFAULT_URL = 'http://127.0.0.1:7420';

export type ShellOptions = {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
};

/** A shell over this process's streams and environment. */
export function makeShell(options: ShellOptions, signal: AbortSignal, onPrint: () => void = () => undefined): Shell {
  const url = (options.url ?? process.env['YARDMASTER_URL'] ?? DEFAULT_URL).replace(/\/+$/, '');
  let last = '';
  const secret = randomUUID();
  const coloured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  return {
    url,
    json: options.json,
    signal,
    paint: painter(secret),
    client: () => createClient({ url, credential: options.token ?? process.env['YARDMASTER_TOKEN'] ?? readCredential(url) }),
    print(text, data) {
      onPrint();
      process.stdout.write(options.json ? `${plainJson(data)}\n` : `${toTerminal(text, secret, coloured).replace(/\n+$/, '')}\n`);
    },
    progress(line) {
      if (options.quiet || line === last) return;
      last = line;
      process.stderr.write(`${toTerminal(line, secret, coloured && process.stderr.isTTY)}\n`);
    },
    raw(text) {
      process.stdout.write(plain(text));
    },
  };
}
