import pino, { type DestinationStream, type Logger } from 'pino';
import { contextFields } from './log-context.system.ts';

/** The newest lines of this process's logs, for support: as they went out, so nothing is in them that is not in the log. */
const KEPT_LINES = 2000;
const lines: string[] = [];

export function recentLines(): readonly string[] {
  return [...lines];
}

function keep(line: string): void {
  lines.push(line);
  if (lines.length > KEPT_LINES * 1.5) lines.splice(0, lines.length - KEPT_LINES);
}

/** Structured logs, one JSON object a line, on stderr. Fields that could hold a credential are masked by name. */
export function makeLog(level: string, name: string): Logger {
  return pino(
    {
      level,
      base: { name },
      mixin: contextFields,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'authorization',
          '*.authorization',
          'token',
          '*.token',
          'password',
          '*.password',
          'secret',
          '*.secret',
          '*.connectionString',
          'err.config',
        ],
        censor: '[masked]',
      },
    },
    keeping(pino.destination({ dest: 2, sync: false })),
  );
}

function keeping(out: DestinationStream): DestinationStream {
  return {
    write(line) {
      keep(line);
      out.write(line);
    },
  };
}
