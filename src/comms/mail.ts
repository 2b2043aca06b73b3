import type { Instant } from '../kernel/time.ts';
import { oneLine, type Message } from './notice.ts';

/** A mail as it goes to the server: every header is one line of our making. */
export type Mail = {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** An address of RFC 5321 in plain ASCII without quoted parts, 254 characters at most: what headers and commands can hold as it is. */
const ADDRESS =
  /^(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Whether a mail can be sent to this address, or from it. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** `Yardmaster <yard@example.org>`, or the address alone, as sender; null for what is neither. */
export function senderOf(text: string): { readonly name: string; readonly address: string } | null {
  if (isAddress(text)) return { name: 'Yardmaster', address: text };
  const [, name = '', address = ''] = /^([^<>"\\\p{C}]{1,80}) <([^<>]{1,254})>$/u.exec(text) ?? [];
  return isAddress(address) && name.trim() === name ? { name, address } : null;
}

export type Around = {
  /** How others reach this instance, without a slash at its end. */
  readonly publicUrl: string;
  readonly sender: string;
  readonly to: string;
  /** What a click opens: an address with a single-use secret behind `#`, or a page. */
  readonly link: string;
  /** For digests: where a mail program says "no more of these" (RFC 8058). */
  readonly unsubscribe: string | null;
  /** The notice's id: the same for every attempt, so that who gets it twice sees it once. */
  readonly id: string;
  readonly at: Instant;
};

/** A message as a mail: plain text first, and simple HTML in which nothing of the message is markup. */
export function mailOf(message: Message, around: Around): Mail {
  const { publicUrl, link, unsubscribe } = around;
  const sender = senderOf(around.sender);
  const host = sender?.address.split('@')[1] ?? 'yardmaster.invalid';
  const lines = message.lines.map((line) => oneLine(line, 2000));
  const why = `You get this because it concerns you in Yardmaster. Choose what you get: ${publicUrl}/account`;
  return {
    from: sender === null ? around.sender : `"${sender.name}" <${sender.address}>`,
    to: around.to,
    // A mail without a subject is taken for junk, and what cannot be seen is none.
    subject: oneLine(message.subject, 150) || 'News from Yardmaster',
    messageId: `<${around.id}@${host}>`,
    text: [...lines, link, why].join('\n\n').concat('\n'),
    html: htmlOf(oneLine(message.subject, 300), lines, link, why),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Yardmaster-Kind': message.kind,
      ...(unsubscribe === null
        ? {}
        : {
            'List-Unsubscribe': `<${unsubscribe}>`,
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
            'List-Id': `Yardmaster digests <digest.${host}>`,
          }),
    },
  };
}

function htmlOf(title: string, lines: readonly string[], link: string, why: string): string {
  const paragraphs = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="font-family:sans-serif;line-height:1.5;max-width:40em">
${paragraphs}
<p><a href="${escapeHtml(link)}">Open it in Yardmaster</a></p>
<p style="font-size:small">${escapeHtml(why)}</p>
</body></html>
`;
}

/** Text as text in HTML, also within a quoted attribute. */
export function escapeHtml(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (mark) => marks[mark] ?? mark);
}

/** Gathers what waited for a digest: newest last, 100 at most, the rest counted. */
export function digestOfMessages(messages: readonly Message[]): Message {
  const shown = messages.slice(-100);
  const more = messages.length - shown.length;
  return {
    kind: 'digest',
    subject: messages.length === 1 ? `Digest: ${shown[0]?.subject ?? ''}` : `Digest: ${messages.length} things happened`,
    lines: [
      ...(more === 0 ? [] : [`${more} older ones are not listed here.`]),
      ...shown.map(({ subject, lines }) => [subject, lines[0]].filter((part) => part !== undefined && part !== '').join(': ')),
    ],
    link: '/inbox',
  };
}
