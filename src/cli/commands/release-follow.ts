import { setTimeout as sleep } from 'node:timers/promises';
import { listDeployments } from '../../contract/deployments.ts';
import { mayShipRelease } from '../../contract/releases.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import { findRelease } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line } from '../terminal.ts';
import { instants } from './decisions.ts';

const GONE_WRONG: readonly string[] = ['failed', 'cancelled', 'rolled-back'];

/**
 * `ym release follow`: tells each deployment of a release as it moves, until it runs in `environment` (default: its last
 * one), one of them ends badly, or a deployment waits for somebody. Ends with the exit code of the last.
 */
export async function followRelease(shell: Shell, name: string, environment: string | undefined, seconds: number): Promise<Exit> {
  const client = shell.client();
  const release = await findRelease(client, name);
  const title = `${release.service}@${line(release.version)}`;
  const last = environment ?? release.targets.at(-1);
  if (last === undefined || !release.targets.includes(last))
    throw usage({
      what: `${title} is not meant for ${environment ?? 'any environment'}.`,
      try: `Its environments are: ${release.targets.join(', ')}.`,
    });
  const until = performance.now() + seconds * 1000;
  const told = new Map<string, string>();
  for (;;) {
    const { items } = await client.call(listDeployments, { query: { release: release.id, limit: 50 } }, { signal: shell.signal });
    for (const one of [...items].reverse()) {
      const news = `${title} -> ${one.environment}: ${one.state}${one.cause === one.state ? '' : `, ${line(one.cause).replace(`${one.state}: `, '').slice(0, 160)}`}`;
      if (told.get(one.id) !== news) shell.progress(news);
      told.set(one.id, news);
    }
    const newest = release.targets.flatMap((target) => items.find((one) => one.environment === target) ?? []);
    const bad = newest.find((one) => GONE_WRONG.includes(one.state));
    const there = newest.find((one) => one.environment === last && one.state === 'succeeded');
    const answer = { release: release.id, deployments: newest };
    if (bad !== undefined) {
      const denied = /^denied\b/.test(bad.cause);
      const next = denied ? `\nWhen that is mended or waived: ym deploy ${title} --env ${bad.environment}` : '';
      shell.print(`${title} to ${bad.environment}: ${bad.state}. ${line(bad.cause)}\nSee: ym deployment show ${bad.id}${next}`, answer);
      return EXIT.failed;
    }
    if (there !== undefined) {
      shell.print(`${title} runs in ${last}.`, answer);
      return EXIT.ok;
    }
    const waiting = newest.find((one) => one.state === 'waiting');
    const needed = waiting === undefined ? [] : await missingFor(shell, release.id, waiting.environment);
    if (waiting !== undefined && needed.length > 0) {
      const there = `${title} --env ${waiting.environment}`;
      const head = [`${title} waits in front of ${waiting.environment}. Missing:`, ...needed.map((one) => `  ${one}`)];
      const approve = needed.some((one) => /\bapproval\b/.test(one))
        ? [`Whoever can give the approval types: ym approve ${there} --reason ...`]
        : [];
      shell.print([...head, `All of it: ym may-ship ${there}`, ...approve].join('\n'), answer);
      return EXIT.waiting;
    }
    if (performance.now() > until) {
      shell.print(`${title} is still on its way.`, answer);
      return EXIT.waiting;
    }
    await sleep(700, undefined, { signal: shell.signal });
  }
}

/** What only people can give; empty while the answer could still turn by itself. */
async function missingFor(shell: Shell, release: string, environment: string): Promise<string[]> {
  const client = shell.client();
  const answer = await client.call(mayShipRelease, { params: { release }, query: { environment } }, { signal: shell.signal });
  if (answer.verdict === 'allow' || answer.earliest !== null) return [];
  return answer.words.missing.filter((_, at) => !/^verification /.test(answer.missing[at]?.what ?? '')).map((one) => line(instants(one)));
}
