import pino, { type Logger } from 'pino';
import { contextFields } from './log-context.system.ts';

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
    pino.destination({ dest: 2, sync: false }),
  );
}
