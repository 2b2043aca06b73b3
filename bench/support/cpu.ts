import { readdirSync, readFileSync } from 'node:fs';

/** Hundredths of a second: what Linux counts CPU time in (`getconf CLK_TCK`) on every architecture that Node runs on. */
const TICK_US = 10_000;

type Counted = { readonly parent: number; readonly ownUs: number; readonly endedUs: number };

/** The CPU time in microseconds that a process has had, in user and kernel mode, with all of its threads. 0 where it is gone. */
export function cpuOf(pid: number): number {
  return counted(pid)?.ownUs ?? 0;
}

/** The same of a process and all that descend from it, those that ended included once their parent has heard of it. */
export function cpuOfTree(pid: number): number {
  const all = new Map<number, Counted>();
  for (const name of readdirSync('/proc')) {
    const one = /^\d+$/.test(name) ? counted(Number(name)) : null;
    if (one !== null) all.set(Number(name), one);
  }
  const sum = (at: number): number => {
    const one = all.get(at);
    if (one === undefined) return 0;
    let us = one.ownUs + one.endedUs;
    for (const [child, { parent }] of all) if (parent === at) us += sum(child);
    return us;
  };
  return sum(pid);
}

/** The CPU time in microseconds that the whole machine has had nothing to do, summed over its processors. */
export function idleOfMachine(): number {
  const [, , , , idle, waiting] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  return (Number(idle) + Number(waiting)) * TICK_US;
}

function counted(pid: number): Counted | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything: fields are counted after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = (at: number): number => Number(fields[at]) * TICK_US;
    return { parent: Number(fields[1]), ownUs: ticks(11) + ticks(12), endedUs: ticks(13) + ticks(14) };
  } catch {
    return null;
  }
}
