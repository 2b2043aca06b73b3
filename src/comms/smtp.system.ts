import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Egress } from '../host/egress.http.ts';
import { Problem } from '../kernel/problem.ts';
import type { Mail } from './mail.ts';
import { oneLine } from './notice.ts';

export type Server = {
  readonly host: string;
  readonly port: number;
  readonly tls: 'tls' | 'starttls' | 'none';
  readonly auth: { readonly user: string; readonly pass: string } | null;
};

/** `refused`: for good, another attempt would end the same. `failed`: try again later. */
export type Sent = {
  readonly state: 'sent' | 'refused' | 'failed';
  readonly said: string;
  /** How long the other side asks to be left alone, in milliseconds. */
  readonly askedMs?: number;
};

const TIMEOUT_MS = 20_000;
/** Answers of a server to the envelope that are about this mail and not about the settings. */
const ABOUT_MAIL = new Set(['EENVELOPE', 'EMESSAGE']);

/**
 * Hands one mail to a server (RFC 5321), at an address that was judged like every way out: a name is looked up once, and
 * the connection goes to what was judged. A certificate must be of the named host. What a server says is a stranger's text.
 */
export async function sendMail(egress: Egress, server: Server, mail: Mail): Promise<Sent> {
  let address: string;
  try {
    const place = await egress.place(server.host, server.port);
    if (server.tls === 'none' && !place.allowed)
      return { state: 'failed', said: 'in the clear it is sent to places that the operator allowed only' };
    address = place.address;
  } catch (error) {
    if (error instanceof Problem) return { state: 'failed', said: error.sentence };
    throw error;
  }
  const transport = createTransport({
    host: address,
    port: server.port,
    secure: server.tls === 'tls',
    requireTLS: server.tls === 'starttls',
    ignoreTLS: server.tls === 'none',
    ...(server.auth === null ? {} : { auth: server.auth }),
    tls: { ...(isIP(server.host) === 0 ? { servername: server.host } : {}), minVersion: 'TLSv1.2' },
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const { response } = await transport.sendMail({
      from: mail.from,
      to: mail.to,
      envelope: { from: addressIn(mail.from), to: [mail.to] },
      subject: mail.subject,
      messageId: mail.messageId,
      text: mail.text,
      html: mail.html,
      headers: { ...mail.headers },
    });
    return { state: 'sent', said: oneLine(response, 200) };
  } catch (error) {
    return failed(error as { code?: string; responseCode?: number; response?: string });
  } finally {
    transport.close();
  }
}

function addressIn(from: string): string {
  return /<([^<>]+)>$/.exec(from)?.[1] ?? from;
}

const REASONS: Readonly<Record<string, string>> = {
  EAUTH: 'it does not take our user and password',
  ETLS: 'it speaks no TLS, or none that we trust',
  ETIMEDOUT: 'it takes too long',
  ECONNECTION: 'the connection ended',
  ESOCKET: 'it could not be reached, or its certificate is not for this host',
  ECONNREFUSED: 'nobody listens there',
};

function failed({ code = '', responseCode, response }: { code?: string; responseCode?: number; response?: string }): Sent {
  const words = response === undefined ? (REASONS[code] ?? 'the connection ended') : oneLine(response, 200);
  const prefix = response !== undefined && REASONS[code] !== undefined ? `${REASONS[code]}: ` : '';
  const forGood = responseCode !== undefined && responseCode >= 500 && ABOUT_MAIL.has(code);
  return { state: forGood ? 'refused' : 'failed', said: `${prefix}${words}` };
}
