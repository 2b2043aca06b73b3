import { actResult, type Act, type ActResult } from '../contract/agent.ts';

/** One line of the agent's own log. `begin` is on the disk before anything is done, `end` after it. */
export type LogLine = {
  readonly at: string;
  readonly event: 'begin' | 'end' | 'refused';
  readonly act: string;
  readonly deployment: string;
  readonly slot: string;
  readonly token: number;
  readonly phase: string;
  /** The artifact that the phase is about; null where it is about none. */
  readonly digest: string | null;
  readonly release: string | null;
  readonly result: ActResult | null;
  /** Done by a person on this machine, without the server. */
  readonly breakGlass: boolean;
  /** Carried over from an older file when the log was turned over: it stands there too. */
  readonly kept?: true;
};

/** What the agent remembers of its log: results by act, acts that began and did not end, and the highest token by slot. */
export type Memory = {
  readonly results: ReadonlyMap<string, ActResult>;
  readonly open: ReadonlySet<string>;
  readonly tokens: ReadonlyMap<string, number>;
};

export const NOTHING: Memory = { results: new Map(), open: new Set(), tokens: new Map() };

/** `environment/service`: one place where one thing runs at a time. */
export function slotKey(of: { readonly service: string; readonly environment: string }): string {
  return `${of.environment}/${of.service}`;
}

/** The memory after one more line. */
export function remember(memory: Memory, line: LogLine): Memory {
  const results = new Map(memory.results);
  const open = new Set(memory.open);
  const tokens = new Map(memory.tokens);
  if (line.event === 'begin') {
    open.add(line.act);
    tokens.set(line.slot, Math.max(line.token, tokens.get(line.slot) ?? 0));
  } else if (line.result !== null) {
    open.delete(line.act);
    results.set(line.act, line.result);
  }
  return { results, open, tokens };
}

/**
 * Reads a log as text. A last line that a crash cut short is left out; a damaged line elsewhere throws, because acting
 * on half a memory could do a thing twice.
 */
export function readLog(text: string): { readonly lines: readonly LogLine[]; readonly memory: Memory } {
  const raw = text.split('\n');
  const complete = raw.slice(0, -1);
  const lines = complete.map((line, at) => {
    try {
      return JSON.parse(line) as LogLine;
    } catch {
      throw new Error(`line ${at + 1} of the act log is damaged; the agent does not act on half a memory`);
    }
  });
  return { lines, memory: rebuild(lines) };
}

function rebuild(lines: readonly LogLine[]): Memory {
  const results = new Map<string, ActResult>();
  const open = new Set<string>();
  const tokens = new Map<string, number>();
  for (const line of lines) {
    if (line.event === 'begin') {
      open.add(line.act);
      tokens.set(line.slot, Math.max(line.token, tokens.get(line.slot) ?? 0));
    } else if (line.result !== null) {
      open.delete(line.act);
      results.set(line.act, actResult.parse(line.result));
    }
  }
  return { results, open, tokens };
}

/**
 * The lines that a log which is turned over must begin with: of each slot all with its highest token, what began and did
 * not end, and the newest `recent`. Whatever `admit` would have answered to an act that may still come, it answers the
 * same: an act with a lower token is stale whatever became of it.
 */
export function carriedOver(lines: readonly LogLine[], recent: number): LogLine[] {
  const { open, tokens } = rebuild(lines);
  const needed = (line: LogLine, at: number): boolean =>
    at >= lines.length - recent || open.has(line.act) || line.token >= (tokens.get(line.slot) ?? 0);
  return lines.filter(needed).map((line) => ({ ...line, kept: true as const }));
}

export type Admission =
  { readonly kind: 'repeat'; readonly result: ActResult } | { readonly kind: 'stale'; readonly seen: number } | { readonly kind: 'go' };

/** Whether an act may begin: one that ended answers its result again, one with an old token never begins. */
export function admit(memory: Memory, act: Pick<Act, 'act' | 'token' | 'service' | 'environment'>): Admission {
  const result = memory.results.get(act.act);
  if (result !== undefined) return { kind: 'repeat', result };
  const seen = memory.tokens.get(slotKey(act)) ?? 0;
  return act.token < seen ? { kind: 'stale', seen } : { kind: 'go' };
}
