import { readdirSync, readFileSync } from 'node:fs';

/** A process by number and start: a number alone may have been given to another process since. */
export type ProcessRef = { readonly pid: number; readonly startedAt: string };

/** The start of `pid` in clock ticks since boot, or null where it is gone or a zombie. */
export function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The command in parentheses may hold anything, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  return state === 'Z' || state === 'X' || startedAt === undefined ? null : startedAt;
}

/** Whether exactly this process still runs. */
export function runs(process: ProcessRef | null): boolean {
  return process !== null && process.pid > 1 && startOf(process.pid) === process.startedAt;
}

/** Processes of ours whose environment holds `NAME=value`: what a crash between start and record left behind. */
export function marked(name: string, value: string): ProcessRef[] {
  return environmentsOf((entry) => entry === `${name}=${value}`);
}

/** Processes that we may look into with an environment entry (`NAME=value`) for which `is` says yes. */
export function environmentsOf(is: (entry: string) => boolean): ProcessRef[] {
  return processes('environ', (entries) => entries.some(is));
}

/** Processes whose program and arguments `is` says yes to. */
export function commandsOf(is: (words: readonly string[]) => boolean): ProcessRef[] {
  return processes('cmdline', is);
}

function processes(file: 'environ' | 'cmdline', is: (parts: readonly string[]) => boolean): ProcessRef[] {
  const found: ProcessRef[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      if (!is(readFileSync(`/proc/${entry}/${file}`, 'utf8').split('\0'))) continue;
    } catch {
      continue;
    }
    const startedAt = startOf(Number(entry));
    if (startedAt !== null) found.push({ pid: Number(entry), startedAt });
  }
  return found;
}

/** Signals the whole process group led by `process`, where it still is that process. */
export function signalGroup(target: ProcessRef, signal: NodeJS.Signals): boolean {
  if (!runs(target)) return false;
  try {
    process.kill(-target.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Asks the group to end, waits `graceMs`, then ends it; answers once the leader is gone. */
export async function endGroup(target: ProcessRef, graceMs: number): Promise<void> {
  if (!signalGroup(target, 'SIGTERM')) return;
  const until = performance.now() + graceMs;
  while (runs(target)) {
    if (performance.now() > until) signalGroup(target, 'SIGKILL');
    await new Promise((wake) => setTimeout(wake, 20));
  }
  // Children that outlived their leader keep its group.
  try {
    process.kill(-target.pid, 'SIGKILL');
  } catch {
    /* none is left */
  }
}
