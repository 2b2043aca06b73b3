import type { Environment } from '../../catalog/environment.ts';
import { environmentByName } from '../../catalog/catalog.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { secretChanged, secretRemoved } from '../pipelines.events.ts';
import { noSuchSecret } from '../pipelines.problems.ts';
import type { SecretQuestion } from '../secret-release.port.ts';
import * as store from './secret.store.ts';

type At = { readonly service: string; readonly environment: string; readonly name: string };

const place = (org: string, { service, environment, name }: At): string => `secret:${org}:${service}:${environment}:${name}`;
/** One data key for each service, as for its other secrets. */
const scopeOf = (service: string): string => `service:${service}`;

/** Sets a secret of a service in one environment, both by id. */
export async function putEnvironmentSecret(tx: Tx, actor: Actor, at: At, value: string): Promise<number> {
  const sealed = await tx.floor.secrets.seal(tx, scopeOf(at.service), value, place(tx.org, at));
  const version = await store.saveEnvironmentSecret(tx, at.service, at.environment, at.name, sealed);
  const body = { name: at.name, version, protectedOnly: true, environment: at.environment };
  await tx.record(secretChanged, { subject: at.service, actor, service: at.service, body });
  return version;
}

/** Forgets it. */
export async function deleteEnvironmentSecret(tx: Tx, actor: Actor, at: At): Promise<void> {
  if (!(await store.forgetEnvironmentSecret(tx, at.service, at.environment, at.name))) throw noSuchSecret({ name: at.name });
  await tx.record(secretRemoved, { subject: at.service, actor, service: at.service, body: { name: at.name, environment: at.environment } });
}

/**
 * What of an environment's secrets a job gets: those of a development or test environment that is not protected, on a
 * protected branch. Those of a protected environment, or of staging and production, go to no job: a job is no release, so
 * nobody could say that it may act there, and with a deploy key it would be a second door beside `mayShip`.
 */
export function givesTo(environment: Pick<Environment, 'kind' | 'protected'>, trust: SecretQuestion['trust']): boolean {
  return trust === 'protected' && !environment.protected && (environment.kind === 'development' || environment.kind === 'test');
}

/** The secrets of the environment that the question names. */
export async function releaseOfEnvironment(tx: Tx, question: SecretQuestion): Promise<Record<string, string>> {
  const environment = question.environment === null ? null : await environmentByName(tx, question.environment);
  if (environment === null || !givesTo(environment, question.trust)) return {};
  const given: [string, string][] = [];
  for (const row of await store.environmentSecrets(tx, question.service, environment.id, question.names)) {
    const at = { service: question.service, environment: environment.id, name: row.name };
    given.push([row.name, await tx.floor.secrets.open(tx, row.sealed, place(tx.org, at))]);
  }
  return Object.fromEntries(given);
}

/** Where the secrets of environments lie, for the rotation of their keys. */
export const environmentSecretColumn: SealedColumn = {
  name: 'environment_secret',
  count: store.countSealedOfEnvironments,
  async find(tx, head, limit) {
    return (await store.lockSealedOfEnvironments(tx, head, limit)).map((row) => ({
      sealed: row.sealed,
      place: place(row.org, row),
      scope: scopeOf(row.service),
      save: (inner, sealed) => store.resealEnvironmentSecret(inner, row, sealed),
    }));
  },
};
