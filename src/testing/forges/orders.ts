import type { Look } from '../../integrations/forges/look.ts';
import type { Recording } from './recordings.ts';
import { NAMED_BY_BYTES, SENDERS, type Sent } from './senders.ts';
import type { ForgeWorld } from './world.ts';

/** A thing at a forge that a webhook may speak of. */
export type Subject = { readonly vendor: string; readonly look: Exclude<Look, { readonly what: 'ci' }> };
/** One sending of a payload. `fresh`: an event of its own, and not one of before sent again. */
export type Sending = { readonly recording: Recording; readonly id: string; readonly fresh: boolean };
export type Chance = { readonly pick: (below: number) => number };

/** What is here of a repository of a forge, however it is asked for. */
export type SeenHere = {
  readonly requests: readonly SeenRequest[];
  readonly protection: string | null;
  /** The commits of its runs. */
  readonly runs: readonly string[];
};
type SeenRequest = {
  readonly number: number;
  readonly title: string;
  readonly state: string;
  readonly head: string | null;
  readonly fork: boolean | null;
  readonly people: readonly { readonly role: string; readonly name: string | null; readonly review: string | null }[];
};

/** Each payload 1 to 5 times in any order: first under an id of its own, then sent again, or told anew under another id. */
export function orderOf(all: readonly Recording[], seed: number, { pick }: Chance): Sending[] {
  const known = new Set<string>();
  return all
    .flatMap((recording, index) => {
      const id = `s${seed}-${index}`;
      return Array.from({ length: 1 + pick(5) }, (_, time) => ({
        recording,
        id: time === 0 || pick(2) === 0 ? id : `${id}-${time}`,
        order: pick(2 ** 30),
      }));
    })
    .sort((a, b) => a.order - b.order)
    .map(({ recording, id }) => ({ recording, id, fresh: known.size !== known.add(id).size }));
}

/** At which sending the last event about each thing is told, so that the thing may move just before it. */
export function lastFresh(sendings: readonly Sending[]): ReadonlyMap<number, readonly Subject[]> {
  const last = new Map<string, { readonly at: number; readonly subject: Subject }>();
  for (const [at, { recording, fresh }] of sendings.entries()) {
    for (const look of fresh ? recording.looks : [])
      if (look.what !== 'ci') last.set(keyOf({ vendor: recording.vendor, look }), { at, subject: { vendor: recording.vendor, look } });
  }
  const moves = new Map<number, Subject[]>();
  for (const { at, subject } of last.values()) moves.set(at, [...(moves.get(at) ?? []), subject]);
  return moves;
}

export function keyOf({ vendor, look }: Subject): string {
  return `${look.what} ${vendor} ${look.repository.toLowerCase()} ${look.what === 'merge-request' ? look.number : ''}`;
}

/** The thing is another at its forge from now on. */
export function move(world: ForgeWorld, { look }: Subject): void {
  if (look.what === 'merge-request') world.move('merge-request', look.repository, look.number);
  else world.move(look.what === 'heads' ? 'heads' : 'protection', look.repository);
}

/** A sending as it goes over the wire. Who names no delivery has an id in the bytes of each event. */
export function requestOf(
  { recording, id }: Sending,
  secret: string,
): { readonly headers: Record<string, string>; readonly body: Uint8Array } {
  const { vendor, kind } = recording;
  const body = NAMED_BY_BYTES.has(vendor)
    ? Buffer.from(JSON.stringify({ ...(JSON.parse(recording.body.toString('utf8')) as object), id }))
    : recording.body;
  const sender = SENDERS[vendor];
  if (sender === undefined) throw new Error(`nobody sends for ${vendor}`);
  const sent: Sent = { id, kind, body };
  return { headers: { 'content-type': 'application/json', ...sender(secret, sent) }, body };
}

/** In what something here differs from what is true at its forge now, in words; empty: in nothing. */
export function differences(world: ForgeWorld, { vendor, look }: Subject, here: SeenHere): string[] {
  const path = look.repository;
  const say = (what: string, is: unknown, there: unknown): string[] =>
    JSON.stringify(is) === JSON.stringify(there)
      ? []
      : [`${vendor} ${path} ${what}: here ${JSON.stringify(is)}, there ${JSON.stringify(there)}`];
  if (look.what === 'heads') return say('runs of its head', here.runs.filter((commit) => commit === world.headOf(path)).length, 1);
  if (look.what === 'repository') {
    // Bitbucket Server does not say that a branch is open: patterns are not read.
    const open = vendor === 'bitbucket-server' ? 'unknown' : 'open';
    return say('protection', here.protection, world.isProtected(path) ? 'protected' : open);
  }
  const [seen, more] = here.requests.filter(({ number }) => number === look.number);
  const truth = world.now(path, look.number);
  if (more !== undefined) return [`${vendor} ${path} has ${look.number} twice`];
  if (truth === null) return seen?.state === 'open' ? [`${vendor} ${path} ${look.number} is gone there and open here`] : [];
  if (seen === undefined) return [`${vendor} ${path} ${look.number} is not here`];
  const wanted = [
    `opened ${truth.author.name}`,
    `wrote ${truth.writer.name}`,
    `asked ${truth.reviewer.name}`,
    // GitLab names approvals and nothing else.
    ...(vendor === 'gitlab' && truth.review !== 'approved' ? [] : [`reviewed ${truth.reviewer.name} ${truth.review}`]),
  ];
  const people = seen.people.map(({ role, name, review }) => `${role} ${name}${review === null ? '' : ` ${review}`}`);
  const facts = ({ title, state, head, fork }: Pick<SeenRequest, 'title' | 'state' | 'head' | 'fork'>) => ({ title, state, head, fork });
  return [...say(`${look.number}`, facts(seen), facts(truth)), ...say(`${look.number} people`, people.sort(), wanted.sort())];
}
