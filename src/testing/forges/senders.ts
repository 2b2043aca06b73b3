import { createHmac } from 'node:crypto';
import { signStandard } from '../../kernel/webhook.ts';

export type Sent = { readonly id: string; readonly kind: string | null; readonly body: Uint8Array };

/** The headers with which each forge sends: what is of the hook is the same for every delivery, as it is there. */
export const SENDERS: Readonly<Record<string, (secret: string, sent: Sent) => Record<string, string>>> = {
  github: (secret, { id, kind, body }) => ({
    'user-agent': 'GitHub-Hookshot/abc',
    'x-github-event': kind ?? '',
    'x-github-delivery': id,
    'x-github-hook-id': '42',
    'x-hub-signature-256': `sha256=${hex(secret, body)}`,
  }),
  gitea: (secret, { id, kind, body }) => ({
    'x-gitea-event': kind ?? '',
    'x-github-event': kind ?? '',
    'x-gitea-delivery': id,
    'x-gitea-signature': hex(secret, body),
    'x-hub-signature-256': `sha256=${hex(secret, body)}`,
  }),
  gitlab(secret, { id, body }) {
    const seconds = Math.floor(Date.now() / 1000);
    return {
      'x-gitlab-webhook-uuid': '0f6c9d38-0000-4000-8000-000000000000',
      'x-gitlab-event-uuid': '0f6c9d38-1111-4000-8000-000000000000',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signStandard(secret, id, seconds, body),
    };
  },
  bitbucket: (secret, { id, kind, body }) => ({
    'x-event-key': kind ?? '',
    'x-hook-uuid': '{0f6c9d38-0000-4000-8000-000000000000}',
    'x-request-uuid': id,
    'x-attempt-number': '1',
    'x-hub-signature': `sha256=${hex(secret, body)}`,
  }),
  'bitbucket-server': (secret, { id, body }) => ({ 'x-request-id': id, 'x-hub-signature': `sha256=${hex(secret, body)}` }),
  // A service hook names its subscription and nothing of the delivery; the secret goes along, over TLS.
  azure: (secret) => ({
    'x-vss-subscriptionid': '0f6c9d38-0000-4000-8000-000000000000',
    'x-forwarded-proto': 'https',
    authorization: `Basic ${Buffer.from(`yardmaster:${secret}`).toString('base64')}`,
  }),
};

/** Of these a delivery sent again is the same delivery because its bytes are; others name each sending. */
export const NAMED_BY_BYTES: ReadonlySet<string> = new Set(['azure']);

function hex(secret: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}
