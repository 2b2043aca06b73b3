import type { z } from 'zod';
import { listAudit, type auditEntry } from './admin.ts';
import type { Column } from '../kernel/csv.ts';
import { csvOf, type CsvRoute } from './csv.ts';
import { listDeployments, type deploymentSummary } from './deployments.ts';
import { type answerRow, listAnswers } from './evidence-search.ts';
import { type factSchema, listFacts } from './evidence.ts';
import { incidentSchema, listIncidents } from './environments.ts';
import { listRuns, type RunSummary } from './pipelines.ts';
import { listReleases, type releaseSchema } from './releases.ts';
import { listWaivers, type WaiverView } from './waivers.ts';

/** The lists that can be had as CSV, each with the columns of its file. One form everywhere: the path of the list, and `.csv`. */

/** A list and its file. */
export type Export = { readonly list: { readonly path: string }; readonly route: CsvRoute; readonly columns: readonly Column<never>[] };

/** Declares the export of a list. */
export function defineExport<Row>(list: Parameters<typeof csvOf>[0], columns: readonly Column<Row>[]): Export {
  return { list, route: csvOf(list), columns: columns as readonly Column<never>[] };
}

const runs = defineExport<RunSummary>(listRuns, [
  { title: 'run', of: (run) => run.id },
  { title: 'service', of: (run) => run.service },
  { title: 'state', of: (run) => run.state },
  { title: 'cause', of: (run) => run.cause },
  { title: 'ref', of: (run) => run.ref },
  { title: 'commit', of: (run) => run.commit },
  { title: 'trigger', of: (run) => run.trigger },
  { title: 'trust', of: (run) => run.trust },
  { title: 'requested by', of: (run) => run.requestedBy },
  { title: 'queued at', of: (run) => run.queuedAt },
  { title: 'started at', of: (run) => run.startedAt },
  { title: 'finished at', of: (run) => run.finishedAt },
]);

const releases = defineExport<z.infer<typeof releaseSchema>>(listReleases, [
  { title: 'release', of: (one) => one.id },
  { title: 'service', of: (one) => one.service },
  { title: 'version', of: (one) => one.version },
  { title: 'type', of: (one) => one.type },
  { title: 'state', of: (one) => one.state },
  { title: 'plan', of: (one) => one.plan },
  { title: 'targets', of: (one) => one.targets.join(' ') },
  { title: 'schema change', of: (one) => one.schemaChange },
  { title: 'commit', of: (one) => one.commit },
  { title: 'run', of: (one) => one.run },
  { title: 'change', of: (one) => one.change },
  { title: 'digests', of: (one) => one.digests.join(' ') },
  { title: 'requested by', of: (one) => one.requestedBy },
  { title: 'created at', of: (one) => one.createdAt },
]);

const deployments = defineExport<z.infer<typeof deploymentSummary>>(listDeployments, [
  { title: 'deployment', of: (one) => one.id },
  { title: 'service', of: (one) => one.service },
  { title: 'environment', of: (one) => one.environment },
  { title: 'version', of: (one) => one.version },
  { title: 'release', of: (one) => one.release },
  { title: 'digest', of: (one) => one.digest },
  { title: 'kind', of: (one) => one.kind },
  { title: 'state', of: (one) => one.state },
  { title: 'cause', of: (one) => one.cause },
  { title: 'strategy', of: (one) => one.strategy },
  { title: 'requested by', of: (one) => one.requestedBy },
  { title: 'requested at', of: (one) => one.requestedAt },
  { title: 'started at', of: (one) => one.startedAt },
  { title: 'finished at', of: (one) => one.finishedAt },
]);

const incidents = defineExport<z.infer<typeof incidentSchema>>(listIncidents, [
  { title: 'incident', of: (one) => one.id },
  { title: 'service', of: (one) => one.service },
  { title: 'environment', of: (one) => one.environment },
  { title: 'severity', of: (one) => one.severity },
  { title: 'title', of: (one) => one.title },
  { title: 'state', of: (one) => one.state },
  { title: 'started at', of: (one) => one.startedAt },
  { title: 'detected at', of: (one) => one.detectedAt },
  { title: 'resolved at', of: (one) => one.resolvedAt },
  { title: 'deployments', of: (one) => one.deployments.join(' ') },
  { title: 'source', of: (one) => one.source },
]);

const waivers = defineExport<WaiverView>(listWaivers, [
  { title: 'waiver', of: (one) => one.id },
  { title: 'kind', of: (one) => one.kind },
  { title: 'team', of: (one) => one.team },
  { title: 'service', of: (one) => one.service },
  { title: 'environment', of: (one) => one.environment },
  { title: 'subject', of: (one) => one.subject },
  { title: 'state', of: (one) => one.state },
  { title: 'owner', of: (one) => one.owner.name },
  { title: 'requested by', of: (one) => one.requestedBy.name },
  { title: 'decided by', of: (one) => one.decided?.by.name },
  { title: 'reason', of: (one) => one.reason },
  { title: 'ticket', of: (one) => one.ticket },
  { title: 'ends at', of: (one) => one.expiresAt },
  { title: 'created at', of: (one) => one.createdAt },
]);

const audit = defineExport<z.infer<typeof auditEntry>>(listAudit, [
  { title: 'fact', of: (one) => one.fact },
  { title: 'at', of: (one) => one.at },
  { title: 'type', of: (one) => one.type },
  { title: 'what', of: (one) => one.means },
  { title: 'by', of: (one) => one.by.name ?? one.by.id },
  { title: 'by id', of: (one) => one.by.id },
  { title: 'about', of: (one) => one.subject.name ?? one.subject.id },
  { title: 'about id', of: (one) => one.subject.id },
  { title: 'reason', of: (one) => one.reason },
  { title: 'details', of: (one) => JSON.stringify(one.body) },
  { title: 'ledger position', of: (one) => one.position },
]);

const facts = defineExport<z.infer<typeof factSchema>>(listFacts, [
  { title: 'fact', of: (one) => one.id },
  { title: 'at', of: (one) => one.at },
  { title: 'type', of: (one) => one.type },
  { title: 'what', of: (one) => one.means },
  { title: 'by', of: (one) => one.actorName ?? one.actor },
  { title: 'about', of: (one) => one.label ?? one.subject },
  { title: 'about id', of: (one) => one.subject },
  { title: 'service', of: (one) => one.serviceName },
  { title: 'ledger position', of: (one) => one.position },
]);

const answers = defineExport<z.infer<typeof answerRow>>(listAnswers, [
  { title: 'decision', of: (one) => one.decision },
  { title: 'at', of: (one) => one.at },
  { title: 'verdict', of: (one) => one.verdict },
  { title: 'purpose', of: (one) => one.purpose },
  { title: 'service', of: (one) => one.service },
  { title: 'version', of: (one) => one.version },
  { title: 'environment', of: (one) => one.environment },
  { title: 'policy', of: (one) => `${one.policy.name} ${one.policy.version}` },
  { title: 'approved by', of: (one) => one.approvedBy.map(({ name }) => name).join(', ') },
  { title: 'reasons', of: (one) => one.reasons.join(' ') },
  { title: 'release', of: (one) => one.release },
]);

export const EXPORTS: readonly Export[] = [runs, releases, deployments, incidents, waivers, audit, facts, answers];
