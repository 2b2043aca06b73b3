import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from './road/api.ts';
import { answering, makeInstance, type Instance } from './road/instance.ts';
import { randomOf } from './road/random.ts';
import { arrived, ship, until } from './road/ship.ts';
import { newStages, STAGES } from './road/stages.ts';
import { startSpread, type Spread } from './road/spread.ts';
import { openViewer, type Viewer } from './road/viewer.ts';

/**
 * 200 people look at live pages over two servers; a release goes its road, and one server is killed (kill -9) in the
 * middle. Everybody must see the end state within 3 s after it was committed, and must have heard every fact of the
 * ledger once and in order, whichever server told it.
 */
const VIEWERS = 200;
const PEOPLE = 10;
const LIMIT_MS = 3000;
const PASSWORD = 'a long enough password';
const SHARED = 10;

type Stage = { readonly instance: Instance; readonly spread: Spread; readonly tokens: readonly string[]; used: number };
let stage: Stage | null = null;

async function theStage(): Promise<Stage> {
  if (stage === null) {
    const instance = await makeInstance(2);
    const tokens: string[] = [];
    for (let at = 0; at < PEOPLE; at += 1) tokens.push(await auditor(instance, at));
    stage = { instance, spread: await startSpread(instance.ports), tokens, used: 0 };
    await ship(instance, 'm0');
  }
  stage.used += 1;
  return stage;
}

/** Somebody who sees every fact, so that a missing one is missed. */
async function auditor({ ada }: Instance, at: number): Promise<string> {
  const email = `viewer-${at}@example.org`;
  const invited = await ada.send('POST', '/v1/people', { name: `Viewer ${at}`, emails: [email], roles: [{ role: 'auditor', on: {} }] });
  return String((await ada.send('POST', '/v1/setup', { link: invited['invitation'], password: PASSWORD }))['token']);
}

export const campaign = {
  name: 'live-viewers',
  async run(seed: number): Promise<void> {
    const here = await theStage();
    try {
      await oneRoad(here, seed);
    } catch (error) {
      await drop(true);
      throw new Error(`${error instanceof Error ? error.message : String(error)} (everything is kept in ${here.instance.folder})`, {
        cause: error,
      });
    }
    if (here.used >= SHARED) await drop(false);
  },
  end: () => drop(false),
};

async function oneRoad({ instance, spread, tokens, used }: Stage, seed: number): Promise<void> {
  const random = randomOf(seed);
  const url = `http://127.0.0.1:${spread.port}`;
  const viewers = Array.from({ length: VIEWERS }, (_, at) => openViewer(`viewer ${at}`, url, tokens[at % tokens.length] ?? ''));
  try {
    await until('all viewers to listen', async () => (viewers.every((viewer) => viewer.listening()) ? true : null), 20_000);
    const victim = random.pick(2);
    instance.balancer.choose(random.pick(2));
    const stages = newStages();
    const killing = kill(instance, victim, stages.reached(random.one(STAGES)), random.pick(900));
    const road = ship(instance, `m${seed}-${used}`, { stages }).finally(() => stages.end());
    const [shipped, killed] = await Promise.allSettled([road, killing]);
    if (shipped.status === 'rejected') throw shipped.reason;
    if (killed.status === 'rejected') throw killed.reason;
    const deployment = String((await arrived(instance.ada, shipped.value.release, 'prod', 'succeeded', newStages()))['id']);
    await judge(instance, viewers, deployment);
  } finally {
    for (const viewer of viewers) viewer.close();
  }
}

/** Kills one server for good, and starts it again after the road. */
async function kill(instance: Instance, at: number, when: Promise<void>, afterMs: number): Promise<void> {
  const server = instance.servers[at];
  if (server === undefined) throw new Error('there are not two servers');
  await when;
  await sleep(afterMs);
  await server.kill();
  instance.balancer.choose(1 - at);
  instance.journal.note('killed', { who: [server.name], how: 'kill' });
  await sleep(6000);
  server.start();
  await answering(instance.ports[at] ?? 0, 30_000, `${instance.folder}/${server.name}.log`);
  instance.journal.note('started', { who: [server.name], how: 'again' });
}

async function judge({ ada }: Instance, viewers: readonly Viewer[], deployment: string): Promise<void> {
  const everybody = (): boolean => viewers.every((viewer) => viewer.sawEnd.has(deployment));
  await until('everybody to see the end', async () => (everybody() ? true : null), 10_000).catch((error: unknown) => {
    const blind = viewers.filter((viewer) => !viewer.sawEnd.has(deployment));
    throw new Error(`${blind.length} of ${viewers.length} never saw the end, such as ${blind[0]?.name ?? ''}`, { cause: error });
  });
  const { items } = await ada.get(`/v1/facts?subject=${deployment}&type=deployment.finished&limit=1`);
  const committed = Date.parse(String((items as Json[])[0]?.['at']));
  const late = viewers.map((viewer) => (viewer.sawEnd.get(deployment) ?? Infinity) - committed).sort((one, other) => one - other);
  const cut = viewers.filter((viewer) => viewer.cuts() > 0).length;
  const at = (part: number): number => late[Math.min(late.length - 1, Math.floor(part * late.length))] ?? Infinity;
  process.stdout.write(
    `  ${viewers.length} viewers saw the end after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms; ${cut} were cut and came back\n`,
  );
  if (!(at(1) < LIMIT_MS)) throw new Error(`somebody saw the end only ${at(1)} ms after its commit`);
  if (cut === 0) throw new Error('nobody was cut: the kill did not hit');
  for (const viewer of viewers) {
    if (viewer.resets() > 0) throw new Error(`${viewer.name} was told to ask everything again`);
    const gap = viewer.seqs.findIndex((seq, index) => index > 0 && seq !== (viewer.seqs[index - 1] ?? 0) + 1);
    if (gap !== -1)
      throw new Error(`${viewer.name} heard fact ${viewer.seqs[gap]} after ${viewer.seqs[gap - 1]}: one was lost or came twice`);
  }
}

async function drop(keep: boolean): Promise<void> {
  const old = stage;
  stage = null;
  if (old === null) return;
  await old.spread.close();
  await old.instance.close(keep);
}
