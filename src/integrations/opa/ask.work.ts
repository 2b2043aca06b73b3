import { OPA_TASK, plain, readOpa, type OpaAnswer, type OpaQuestion } from '../../gates/policy/opa.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor, Sweeper, Task } from '../../platform/floor.ts';
import { callerFor } from '../connections/caller.http.ts';
import { isConnected, rowByName } from '../connections/connection.store.ts';
import { path } from '../connections/vendor.ts';
import { opa } from './index.ts';
import type { OpaPlaces } from './opa.port.ts';

const TIMEOUT_MS = 3000;
const MOST_BYTES = 64 * 1024;

/** Asks what the checks of a release in front of an environment have to ask. */
export function askOpaTask(places: OpaPlaces): Task {
  return {
    name: OPA_TASK,
    async run(floor, payload, org) {
      const { release, environment } = payload;
      if (typeof release === 'string' && typeof environment === 'string' && !floor.paused())
        await askOpa(floor, places, org, release, environment);
    },
  };
}

/** What is on its way is asked for again in time; instances without an OPA pay one look. */
export function opaSweeper(places: OpaPlaces): Sweeper {
  return {
    name: 'opa.again',
    async sweep(tx) {
      if (!(await isConnected(tx, opa.name))) return;
      for (const { release, environment, org } of await places.open(tx))
        await tx.wake(OPA_TASK, `${release}:${environment}`, { release, environment, org });
    },
  };
}

/**
 * What `askOpaTask` does; answers how many questions were put. No transaction is open while OPA is asked. Whatever is no
 * answer (a timeout of 3 s, more than 64 KiB, another status than 200, an address that may not be called) is kept as none.
 */
export async function askOpa(floor: Floor, places: OpaPlaces, org: string, release: string, environment: string): Promise<number> {
  const { questions, now } = await floor.db.read(org, (tx) => places.questions(tx, release, environment));
  const once = new Map(questions.map((one) => [`${one.connection} ${one.path} ${one.digest}`, one]));
  for (const question of once.values()) {
    const said = await ask(floor, org, question);
    const { connection, path: document, digest: input } = question;
    // The clock of before the question: an answer is never younger than what it speaks of.
    const answer: OpaAnswer = { connection, path: document, input, askedAt: now, ...said };
    await floor.db.tx(org, (tx) => places.keep(tx, answer));
  }
  return once.size;
}

async function ask(floor: Floor, org: string, question: OpaQuestion): Promise<Pick<OpaAnswer, 'answer' | 'reasons'>> {
  const none = (why: string): Pick<OpaAnswer, 'answer' | 'reasons'> => ({ answer: null, reasons: [plain(why)] });
  const row = await floor.db.read(org, (tx) => rowByName(tx, question.connection));
  if (row === null || row.vendor !== opa.name) return none('there is no connection to an OPA of this name');
  try {
    const caller = await callerFor(floor, org, row.id, () => opa);
    const { status, json } = await caller.ask({
      method: 'POST',
      path: `v1/data/${path(...question.path.split('/'))}`,
      json: { input: question.input },
      timeoutMs: TIMEOUT_MS,
      limit: MOST_BYTES,
    });
    return status === 200 ? readOpa(json) : none(`it answers ${status}`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return none(error.sentence);
  }
}
