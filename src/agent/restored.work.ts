import { tellRestored, type RestoreReport } from '../contract/keeping.ts';
import type { Client } from '../host/client.http.ts';
import type { Yardhand } from './yard.work.ts';
import { readAllActs } from './acts.disk.ts';
import { slotKey, type LogLine } from './acts.ts';

/** What the server asks after it came out of a backup. */
export type Asked = { readonly restore: string; readonly since: string; readonly acts: readonly string[] };

/** Clocks differ: so much earlier than the backup is told too. What the server knows already it passes over. */
const SLACK_MS = 3_600_000;
const MOST_ACTS = 2000;

/** Tells a restored server what runs here, the highest token seen, and what this machine did that its books may not know. */
export async function tellWhatRuns(state: string, client: Client, hand: Yardhand, asked: Asked, signal: AbortSignal): Promise<void> {
  const lines = readAllActs(state);
  const body = reportOf(hand, lines, asked);
  await client.call(tellRestored, { params: { restore: asked.restore }, body }, { signal, retries: 0, timeoutMs: 15_000 });
}

/** The report of this machine: slots as they are, and acts of the log, each once. */
export function reportOf(
  hand: Pick<Yardhand, 'yard' | 'log' | 'picture'>,
  lines: readonly LogLine[],
  asked: Pick<Asked, 'since' | 'acts'>,
): RestoreReport {
  const from = new Date(Date.parse(asked.since) - SLACK_MS).toISOString();
  const wanted = new Set(asked.acts);
  const results = new Map(lines.filter((line) => line.event === 'end').map((line) => [line.act, line.result]));
  const begun = new Map<string, LogLine>();
  for (const line of lines)
    if (line.event === 'begin' && !begun.has(line.act) && (line.at >= from || wanted.has(line.act))) begun.set(line.act, line);
  const acts = [...begun.values()].map((line) => {
    const [environment = '', service = ''] = line.slot.split('/');
    const { act, deployment, phase, token, digest, release, at } = line;
    return { act, deployment, service, environment, phase, token, digest, release, at, result: results.get(act) ?? null };
  });
  const slots = hand.yard.slots.all().flatMap((slot): RestoreReport['slots'] => {
    const picture = hand.picture(slotKey(slot));
    if (picture === null) return [];
    const serving = slot.instances.filter((one) => one.weight > 0).sort((one, other) => other.weight - one.weight)[0];
    if (serving === undefined) return [{ picture, serving: null }];
    const { instance, digest, version, release, run, configuration, dependsOn } = serving;
    const as = { digest, version, release, run, configuration: { ...configuration }, dependsOn: [...dependsOn] };
    return [{ picture, serving: { instance, deployment: serving.deployment as `dep_${string}`, as } }];
  });
  return {
    slots,
    highestToken: [...lines, ...hand.yard.slots.all()].reduce((highest, { token }) => Math.max(highest, token), 0),
    acts: acts.slice(-MOST_ACTS) as RestoreReport['acts'],
    cut: acts.length > MOST_ACTS,
  };
}
