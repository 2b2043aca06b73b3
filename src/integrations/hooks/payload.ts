/** Nesting that a payload may have: what is deeper is nobody's event. */
const DEPTH = 64;

let parses = 0;
/** How many payloads were parsed since this process began: tests show by it that nothing is read before it is verified. */
export const payloadParses = (): number => parses;

/** A payload as JSON, or why it is none. Form-encoded payloads carry their JSON in the field `payload`. */
export function readPayload(bytes: Uint8Array, contentType: string): { readonly json: unknown } | { readonly why: string } {
  parses += 1;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { why: 'it is not UTF-8' };
  }
  if (contentType.toLowerCase().startsWith('application/x-www-form-urlencoded')) {
    const payload = new URLSearchParams(text).get('payload');
    if (payload === null) return { why: 'it is a form without the field payload' };
    text = payload;
  }
  if (isDeep(text)) return { why: `it is nested deeper than ${DEPTH}` };
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { why: 'it is no JSON' };
  }
}

function isDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
