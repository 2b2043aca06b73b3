import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { secretChanged, secretRemoved } from '../pipelines.events.ts';
import { noSuchSecret } from '../pipelines.problems.ts';
import type { SecretReleasePort } from '../secret-release.port.ts';
import { releaseOfEnvironment } from './environment-secrets.commands.ts';
import { countSealed, forgetSecret, lockSealed, saveSealed, saveSecret, secretsOf } from './secret.store.ts';

/** Binds a sealed value to its place: moved to another row, it can't be opened. */
const place = (org: string, service: string, name: string): string => `secret:${org}:${service}:${name}`;

/** One data key for each service. */
const scopeOf = (service: string): string => `service:${service}`;

/** Sets a secret of a service; the value goes nowhere but into its sealed column. */
export async function putSecret(
  tx: Tx,
  actor: Actor,
  input: { service: string; name: string; value: string; protectedOnly: boolean },
): Promise<number> {
  const sealed = await tx.floor.secrets.seal(tx, scopeOf(input.service), input.value, place(tx.org, input.service, input.name));
  const version = await saveSecret(tx, input.service, input.name, sealed, input.protectedOnly);
  await tx.record(secretChanged, {
    subject: input.service,
    actor,
    service: input.service,
    body: { name: input.name, version, protectedOnly: input.protectedOnly },
  });
  return version;
}

/** Forgets a secret. */
export async function deleteSecret(tx: Tx, actor: Actor, service: string, name: string): Promise<void> {
  if (!(await forgetSecret(tx, service, name))) throw noSuchSecret({ name });
  await tx.record(secretRemoved, { subject: service, actor, service, body: { name } });
}

/**
 * The service's own secrets: none for an untrusted run, and only those of any branch for a run that is not protected.
 * A job that names an environment gets that environment's, and none of the service's own.
 */
export const serviceSecrets: SecretReleasePort = {
  async release(tx, question) {
    if (question.trust === 'untrusted' || question.names.length === 0) return {};
    if (question.environment !== null) return releaseOfEnvironment(tx, question);
    const rows = await secretsOf(tx, question.service, question.names);
    const given: [string, string][] = [];
    for (const row of rows) {
      if (row.protected_only && question.trust !== 'protected') continue;
      given.push([row.name, await tx.floor.secrets.open(tx, row.sealed, place(tx.org, question.service, row.name))]);
    }
    return Object.fromEntries(given);
  },
};

/** Where the secrets of services lie, for the rotation of their keys. */
export const serviceSecretColumn: SealedColumn = {
  name: 'service_secret',
  count: countSealed,
  async find(tx, head, limit) {
    return (await lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row.service, row.name),
      scope: scopeOf(row.service),
      save: (inner, sealed) => saveSealed(inner, row.service, row.name, sealed),
    }));
  },
};
