import { badRequest } from '../platform.problems.ts';

/** JSON bodies are at most this many bytes; streams state their own limit in the contract. */
export const JSON_LIMIT = 4 * 1024 ** 2;
const DEPTH_LIMIT = 64;

/**
 * Parses JSON from a stranger. Refuses deeper nesting than 64 before anything is built, and answers a Problem
 * (`platform.bad-request`) with the place for whatever is no JSON.
 */
export function parseJson(text: string): unknown {
  refuseDeep(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest({ errors: [{ place: 'body', message: error instanceof Error ? error.message.slice(0, 200) : 'no JSON' }] });
  }
}

function refuseDeep(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > DEPTH_LIMIT) throw badRequest({ errors: [{ place: 'body', message: `nested deeper than ${DEPTH_LIMIT}` }] });
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}
