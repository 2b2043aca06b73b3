import type { Incident } from '../../environments/incident.ts';

export type Deployed = {
  readonly id: string;
  readonly environment: string;
  readonly release: string;
  readonly version: string;
  readonly kind: 'deploy' | 'rollback';
  readonly state: string;
  readonly cause: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly linked: boolean;
};
type Told = { readonly type: string; readonly actor: string; readonly at: string; readonly body: Readonly<Record<string, unknown>> };
export type Moment = { at: string; kind: string; text: string; by: string | null; deployment: string | null; release: string | null };

/** What happened, in order of time: the incident's beginning and its facts, and the deployments around it. */
export function storyOf(
  incident: Pick<Incident, 'startedAt' | 'resolvedAt' | 'severity'>,
  facts: readonly Told[],
  deployed: readonly Deployed[],
): Moment[] {
  const moment = (at: string, kind: string, text: string, rest: Partial<Moment> = {}): Moment => ({
    at,
    kind,
    text,
    by: null,
    deployment: null,
    release: null,
    ...rest,
  });
  const told = facts.flatMap((fact): Moment[] => {
    if (fact.type === 'incident.detected') return [moment(fact.at, 'opened', `Opened as ${incident.severity}.`, { by: fact.actor })];
    if (fact.type === 'incident.linked')
      return [moment(fact.at, 'linked', 'Put down to a deployment.', { by: fact.actor, deployment: text(fact.body['deployment']) })];
    if (fact.type === 'incident.resolved')
      return [moment(text(fact.body['resolvedAt']) ?? fact.at, 'resolved', 'Resolved.', { by: fact.actor })];
    return [moment(fact.at, 'fact', fact.type, { by: fact.actor })];
  });
  const acts = deployed.flatMap((one): Moment[] => {
    const of = { deployment: one.id, release: one.release };
    const what = one.kind === 'rollback' ? `Going back to ${one.version} in ${one.environment}` : `${one.version} to ${one.environment}`;
    const began = one.startedAt === null ? [] : [moment(one.startedAt, 'deployment', `${what}: began.`, { ...of, by: one.requestedBy })];
    const ended = one.finishedAt === null ? [] : [moment(one.finishedAt, 'deployment', `${what}: ${one.state}. ${one.cause}`, of)];
    return [...began, ...ended];
  });
  const began = moment(incident.startedAt, 'began', 'It began, as far as is known.');
  const order = ['deployment', 'began', 'opened', 'linked', 'fact', 'resolved'];
  return [began, ...told, ...acts].toSorted((a, b) =>
    a.at === b.at ? order.indexOf(a.kind) - order.indexOf(b.kind) : a.at < b.at ? -1 : 1,
  );
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
