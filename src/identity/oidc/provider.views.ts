import type { ProviderView } from '../../contract/sign-in.ts';
import type { Tx } from '../../platform/floor.ts';
import { providers } from './provider.store.ts';

/** The providers as screens and clients show them: whether there is a secret, never which. */
export async function providerViews(tx: Tx): Promise<ProviderView[]> {
  return (await providers(tx)).map(({ name, title, issuer, clientId, sealed, settings, at }) => ({
    name,
    title,
    issuer,
    clientId,
    secret: sealed !== null,
    settings: structuredClone(settings) as ProviderView['settings'],
    createdAt: at,
  }));
}

/** The provider that opened a session, for `who am I`; null: a password did. */
export async function providerShown(tx: Tx, id: string | null): Promise<{ name: string; title: string } | null> {
  return id === null ? null : tx.maybe<{ name: string; title: string }>(`select name, title from sign_in_provider where id = $1`, [id]);
}
