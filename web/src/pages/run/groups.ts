/** What of a job the graph is drawn from. */
export type Node = {
  readonly id: string;
  readonly name: string;
  readonly declared: string;
  readonly needs: readonly string[];
  readonly state: string;
};
/** One box of the graph: a job, or all cells of a matrix. `needs` are keys of boxes. */
export type Box<Job> = { readonly key: string; readonly label: string; readonly jobs: readonly Job[]; readonly needs: readonly string[] };

/** From so many cells on a matrix is one box until it is opened. */
const MANY = 4;

/** The boxes of a graph: cells of a matrix together, but for those that are `open`. */
export function boxesOf<Job extends Node>(jobs: readonly Job[], open: ReadonlySet<string>): Box<Job>[] {
  const cells = Map.groupBy(jobs, (job) => job.declared);
  const grouped = (job: Job): boolean => (cells.get(job.declared)?.length ?? 0) >= MANY && !open.has(job.declared);
  const keyOf = new Map(jobs.map((job) => [job.name, grouped(job) ? `matrix ${job.declared}` : job.id]));
  const boxes = new Map<string, { key: string; label: string; jobs: Job[]; needs: Set<string> }>();
  for (const job of jobs) {
    const key = keyOf.get(job.name) ?? job.id;
    const box = boxes.get(key) ?? { key, label: grouped(job) ? job.declared : job.name, jobs: [], needs: new Set<string>() };
    box.jobs.push(job);
    for (const need of job.needs) {
      const other = keyOf.get(need);
      if (other !== undefined && other !== key) box.needs.add(other);
    }
    boxes.set(key, box);
  }
  return [...boxes.values()].map((box) => ({ ...box, needs: [...box.needs] }));
}

/** States from what needs a look to what needs none. */
const WORST = ['failed', 'timed-out', 'refused', 'running', 'queued', 'waiting', 'cancelled', 'skipped', 'succeeded'];

/** The state that speaks for several jobs: the worst. */
export function stateOf(jobs: readonly { readonly state: string }[]): string {
  return WORST.find((state) => jobs.some((job) => job.state === state)) ?? 'succeeded';
}

/** How many jobs are in each state, worst first: `2 failed, 1 running`. */
export function tally(jobs: readonly { readonly state: string }[]): string {
  return WORST.flatMap((state) => {
    const count = jobs.filter((job) => job.state === state).length;
    return count === 0 ? [] : [`${count} ${state.replaceAll('-', ' ')}`];
  }).join(', ');
}

export type Placed = { readonly key: string; readonly x: number; readonly y: number };
export type Layout = { readonly placed: readonly Placed[]; readonly width: number; readonly height: number };
export const SIZE = { width: 190, height: 46, apartX: 56, apartY: 14 } as const;

/** Boxes in columns: each stands behind everything that it needs. For graphs that are too large to be laid out with care. */
export function columns(boxes: readonly Box<unknown>[]): Layout {
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  const depth = new Map<string, number>();
  const depthOf = (key: string): number => {
    const known = depth.get(key);
    if (known !== undefined) return known;
    depth.set(key, 0);
    const found = Math.max(-1, ...(byKey.get(key)?.needs ?? []).map(depthOf)) + 1;
    depth.set(key, found);
    return found;
  };
  const rows: number[] = [];
  const placed = boxes.map(({ key }) => {
    const column = depthOf(key);
    const row = rows[column] ?? 0;
    rows[column] = row + 1;
    return { key, x: column * (SIZE.width + SIZE.apartX), y: row * (SIZE.height + SIZE.apartY) };
  });
  const width = Math.max(0, ...placed.map(({ x }) => x)) + SIZE.width;
  return { placed, width, height: Math.max(0, ...placed.map(({ y }) => y)) + SIZE.height };
}
