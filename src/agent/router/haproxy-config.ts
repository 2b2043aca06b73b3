import type { Counters, Front } from './router.ts';

/** Backends of one front at the same time: stable, candidate, baseline, and those that drain. */
export const SERVERS = 8;

export type Slots = { readonly [server: string]: string | null };

/** The name of a front in haproxy's configuration. Keys are `environment/service`, names of which hold no underscore. */
export function sectionOf(front: string): string {
  return front.replace('/', '__');
}

/**
 * Which of a front's places (`s1` ... `s8`) holds which backend: who has a place keeps it, so that counters stay theirs.
 * Throws where there are more backends than places.
 */
export function place(front: Front, before: Slots): Record<string, string | null> {
  const slots: Record<string, string | null> = {};
  for (let at = 1; at <= SERVERS; at++) {
    const name = before[`s${at}`] ?? null;
    slots[`s${at}`] = name !== null && front.backends.some((backend) => backend.name === name) ? name : null;
  }
  for (const backend of front.backends) {
    if (Object.values(slots).includes(backend.name)) continue;
    const free = Object.keys(slots).find((server) => slots[server] === null);
    if (free === undefined) throw new Error(`${front.key}: more than ${SERVERS} backends`);
    slots[free] = backend.name;
  }
  return slots;
}

/** haproxy's whole configuration: every front as it shall be, so that a restart loses no weight. */
export function haproxyConfig(fronts: readonly Front[], slots: Readonly<Record<string, Slots>>, socket: string): string {
  const head = [
    'global',
    `  stats socket ${socket} mode 600 level admin expose-fd listeners`,
    '  maxconn 4000',
    '  hard-stop-after 30s',
    'defaults',
    '  mode http',
    '  timeout connect 1s',
    '  timeout client 75s',
    '  timeout server 60s',
    '  timeout queue 5s',
    '  retries 2',
    '  option redispatch 1',
    '  option forwardfor',
  ];
  return [...head, ...fronts.flatMap((front) => sectionLines(front, slots[front.key] ?? {}))].join('\n') + '\n';
}

function sectionLines(front: Front, slots: Slots): string[] {
  const name = sectionOf(front.key);
  const servers = Object.entries(slots).map(([server, held]) => {
    const backend = front.backends.find((candidate) => candidate.name === held);
    return backend === undefined
      ? `  server ${server} 127.0.0.1:1 weight 0 disabled`
      : `  server ${server} 127.0.0.1:${backend.port} weight ${backend.weight}`;
  });
  return [
    `frontend f_${name}`,
    `  bind 127.0.0.1:${front.port}`,
    `  default_backend b_${name}`,
    `backend b_${name}`,
    '  balance roundrobin',
    ...servers,
  ];
}

/** The runtime commands that bring one front from `before` to `after` places without a reload. */
export function runtimeCommands(front: Front, before: Slots, after: Slots): string[] {
  const section = `b_${sectionOf(front.key)}`;
  const commands: string[] = [];
  // Who gains weight comes first: there is never a moment without a backend.
  const ordered = Object.entries(after).toSorted(([, a], [, b]) => weightOf(front, b) - weightOf(front, a));
  for (const [server, held] of ordered) {
    const backend = front.backends.find((candidate) => candidate.name === held);
    if (backend === undefined) {
      if ((before[server] ?? null) !== null)
        commands.push(`set weight ${section}/${server} 0`, `set server ${section}/${server} state maint`);
      continue;
    }
    if (before[server] !== held) {
      commands.push(
        `set server ${section}/${server} addr 127.0.0.1 port ${backend.port}`,
        `set weight ${section}/${server} ${backend.weight}`,
      );
      commands.push(`set server ${section}/${server} state ready`);
    } else commands.push(`set weight ${section}/${server} ${backend.weight}`);
  }
  return commands;
}

function weightOf(front: Front, name: string | null): number {
  return front.backends.find((backend) => backend.name === name)?.weight ?? -1;
}

/** Counters of one front from `show stat` (CSV with a header line). haproxy has no histogram: latency is null. */
export function countersFrom(csv: string, front: string, slots: Slots): Record<string, Counters> {
  const [header = '', ...lines] = csv.replace(/^# /, '').split('\n');
  const columns = header.split(',');
  const section = `b_${sectionOf(front)}`;
  const counters: Record<string, Counters> = {};
  for (const line of lines) {
    const cells = line.split(',');
    const get = (name: string): string => cells[columns.indexOf(name)] ?? '';
    const held = slots[get('svname')];
    if (get('pxname') !== section || held === undefined || held === null) continue;
    const number = (name: string): number => Number.parseInt(get(name) || '0', 10);
    const classes = { '2xx': number('hrsp_2xx'), '3xx': number('hrsp_3xx'), '4xx': number('hrsp_4xx'), '5xx': number('hrsp_5xx') };
    // A failed connection or a broken answer gave the client haproxy's own 502 to 504, or another server's answer.
    const none = number('econ') + number('eresp');
    const answered = classes['2xx'] + classes['3xx'] + classes['4xx'] + classes['5xx'];
    counters[held] = { requests: answered + none, classes: { ...classes, none }, latency: null, active: number('scur') };
  }
  return counters;
}
