import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a browser does that looks at a live page: follows the stream, comes back after every cut, asks for what changed. */
export type Viewer = {
  readonly name: string;
  /** Sequence numbers of the facts as they came, over all its connections. */
  readonly seqs: readonly number[];
  /** When the page first showed that this deployment is over, in ms of the clock of the wall. */
  readonly sawEnd: ReadonlyMap<string, number>;
  /** How often its stream was cut, and how often it was told to ask everything again. */
  readonly cuts: () => number;
  readonly resets: () => number;
  readonly listening: () => boolean;
  readonly close: () => void;
};

type State = { last: string; retryMs: number; cuts: number; resets: number; open: boolean; over: boolean };

const OVER = ['succeeded', 'rolled-back', 'failed', 'cancelled'];
/** As the pages do: facts that come together are one reason to ask. */
const TOGETHER_MS = 120;

/** Opens a viewer at `url` with the token of a person who may see everything. */
export function openViewer(name: string, url: string, token: string): Viewer {
  const seqs: number[] = [];
  const sawEnd = new Map<string, number>();
  const state: State = { last: '', retryMs: 1000, cuts: 0, resets: 0, open: false, over: false };
  let request: ClientRequest | null = null;
  const asking = new Set<string>();
  const ask = async (deployment: string): Promise<void> => {
    if (asking.has(deployment) || sawEnd.has(deployment)) return;
    asking.add(deployment);
    await sleep(TOGETHER_MS);
    asking.delete(deployment);
    const answer = await fetch(`${url}/v1/deployments/${deployment}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    }).catch(() => null);
    if (answer?.status !== 200) {
      await sleep(300);
      return state.over ? undefined : ask(deployment);
    }
    const { deployment: found } = (await answer.json()) as { deployment: { state: string } };
    if (OVER.includes(found.state) && !sawEnd.has(deployment)) sawEnd.set(deployment, Date.now());
  };
  const take = (block: string): void => {
    const field = (key: string): string =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${key}: `))
        ?.slice(key.length + 2) ?? '';
    if (field('retry') !== '') state.retryMs = Number(field('retry'));
    if (field('id') !== '') state.last = field('id');
    if (field('event') === 'reset') state.resets += 1;
    if (field('event') === 'hello') state.open = true;
    if (field('event') !== 'fact') return;
    const fact = JSON.parse(field('data')) as { seq: number; type: string; subject: string };
    seqs.push(fact.seq);
    if (fact.type.startsWith('deployment.')) void ask(fact.subject);
  };
  const once = (): Promise<void> =>
    new Promise((done) => {
      const headers = { authorization: `Bearer ${token}`, ...(state.last === '' ? {} : { 'last-event-id': state.last }) };
      request = get(`${url}/v1/live`, { headers, agent: false }, (response: IncomingMessage) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          const blocks = (rest + text).split('\n\n');
          rest = blocks.pop() ?? '';
          blocks.forEach(take);
        });
        response.on('error', () => undefined);
        response.on('close', done);
      });
      request.on('error', () => done());
    });
  void (async () => {
    while (!state.over) {
      await once();
      state.open = false;
      if (state.over) return;
      state.cuts += 1;
      await sleep(state.retryMs);
    }
  })();
  return {
    name,
    seqs,
    sawEnd,
    cuts: () => state.cuts,
    resets: () => state.resets,
    listening: () => state.open,
    close() {
      state.over = true;
      request?.destroy();
    },
  };
}
