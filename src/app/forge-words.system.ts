import { environmentByName, serviceById } from '../catalog/catalog.queries.ts';
import { runningEverywhere } from '../environments/environments.queries.ts';
import type { Saying, SaysPort } from '../integrations/forges/says.port.ts';
import { system } from '../kernel/actor.ts';
import type { Verdict } from '../kernel/decision.ts';
import type { RunView } from '../contract/pipelines.ts';
import { viewRun } from '../pipelines/run.views.ts';
import type { Tx } from '../platform/floor.ts';
import { mayShip } from '../releases/may-ship.api.ts';
import { releaseById } from '../releases/releases.queries.ts';

/** Persons stand in reasons by their id: a forge is read by others, so it is told that there is somebody. */
const PERSON = /\bper_[0-9a-f]{32}\b/g;
const STATES = { allow: 'success', wait: 'pending', unknown: 'pending', deny: 'failure' } as const satisfies Record<Verdict, string>;
const RUN_STATES = {
  queued: 'pending',
  running: 'pending',
  cancelling: 'pending',
  succeeded: 'success',
  failed: 'failure',
  cancelled: 'error',
} as const satisfies Record<RunView['state'], string>;

/** What is said at forges of runs and of releases: our own words with their reasons, and the page that has the rest. */
export const forgeWords: SaysPort = {
  async of(tx, about) {
    return 'run' in about ? ofRun(tx, about.run) : ofRelease(tx, about.release);
  },
  async release(tx, id) {
    const release = await releaseById(tx, id);
    const service = release === null ? null : await serviceById(tx, release.serviceId);
    if (release === null || service?.repository == null) return null;
    const inProduction = (await runningEverywhere(tx, service.id)).some((one) => one.releaseId === id);
    const kinds = await Promise.all(release.targets.map((name) => environmentByName(tx, name)));
    const production = kinds.filter((environment) => environment?.kind === 'production');
    const there =
      inProduction &&
      (await runningEverywhere(tx, service.id)).some(
        (one) => one.releaseId === id && production.some((env) => env?.id === one.environmentId),
      );
    if (!there) return null;
    const { repository } = service;
    // In a repository of several services their versions must not meet.
    const tag = repository.path === '.' ? `v${release.versionName}` : `${service.name}-v${release.versionName}`;
    return {
      repository: repository.url,
      tag,
      commit: release.commit,
      title: `${service.name} ${release.versionName}`,
      notes: release.notes,
    };
  },
};

async function ofRun(tx: Tx, id: string): Promise<readonly Saying[]> {
  const run = await viewRun(tx, id);
  if (run === null || run.commit === null || run.repository === null || (run.recorded ?? null) !== null) return [];
  const bad = run.jobs.filter((job) => job.state !== 'succeeded' && job.state !== 'skipped');
  const lines = bad.map((job) => `- ${job.name}: ${job.state}${job.cause === null ? '' : ` (${job.cause})`}`);
  const wanted = {
    context: 'yardmaster/run',
    state: RUN_STATES[run.state],
    description: `${run.service}: ${run.state}${bad.length > 0 && run.state === 'failed' ? ` (${bad.map((job) => job.name).join(', ')})` : ''}`,
    summary: plain([`**${run.service}**: ${run.state}`, ...lines]),
    target: `${tx.floor.config.publicUrl}/runs/${run.id}`,
  };
  return [{ repository: run.repository, commit: run.commit, wanted }];
}

async function ofRelease(tx: Tx, id: string): Promise<readonly Saying[]> {
  const release = await releaseById(tx, id);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  if (release === null || service?.repository == null || release.state === 'abandoned') return [];
  const sayings: Saying[] = [];
  for (const name of release.targets) {
    const environment = await environmentByName(tx, name);
    if (environment?.kind !== 'production') continue;
    const actor = system(tx.org, 'forges');
    const answer = await mayShip(tx, { releaseId: id, environmentId: environment.id, actor, purpose: 'preview', record: false });
    const open = answer.rules.filter((rule) => rule.verdict !== 'allow');
    const reasons = open.flatMap((rule) => rule.reasons.map((reason) => `- ${rule.verdict} ${rule.rule}: ${reason.text}`));
    const wanted = {
      context: `yardmaster/${name}`,
      state: STATES[answer.verdict],
      description: `${service.name} ${release.versionName} to ${name}: ${answer.verdict}${open.length === 0 ? '' : ` (${open.map(({ rule }) => rule).join(', ')})`}`,
      summary: plain([`May **${service.name} ${release.versionName}** go to ${name}? **${answer.verdict}**`, ...reasons]),
      target: `${tx.floor.config.publicUrl}/releases/${id}`,
    };
    sayings.push({ repository: service.repository.url, commit: release.commit, wanted });
  }
  return sayings;
}

/** Lines of Markdown in which names of strangers can't make links, mentions or HTML. */
function plain(lines: readonly string[]): string {
  return lines
    .map((line) =>
      line
        .replaceAll(PERSON, 'a person')
        .replaceAll(/[\r\n]+/g, ' ')
        .replaceAll(/[<>@[\]`!|]/g, (sign) => `&#${sign.codePointAt(0)};`),
    )
    .join('\n');
}
