import { z } from 'zod';
import { catalogText, fileIn, must, until, type Answer, type World } from './world.ts';

/** What a story may say. Each step has a sentence, one thing that is done, and what is expected of it. */
const expectation = z.record(z.string(), z.unknown());
const call = z.strictObject({
  as: z.string().nullable(),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']).default('GET'),
  path: z.string(),
  body: z.unknown().optional(),
});
const stepSchema = z.strictObject({
  given: z.string().optional(),
  when: z.string().optional(),
  then: z.string().optional(),
  /** The catalog of the story, with these parts changed. */
  catalog: z.strictObject({ level: z.string().optional(), otherLevel: z.string().optional(), strategy: z.string().optional() }).optional(),
  /** A commit, told by webhook, built to its end. */
  build: z
    .strictObject({
      author: z.string(),
      committer: z.string().optional(),
      coAuthor: z.string().optional(),
      subject: z.string().default('feat: a thing'),
      files: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  /** An approval of the kept `release` as it stands now, or as it stood when `seen` was kept. */
  approve: z
    .strictObject({
      as: z.string(),
      release: z.string(),
      environment: z.string().default('prod'),
      verdict: z.enum(['approve', 'reject']).default('approve'),
      seen: z.string().optional(),
    })
    .optional(),
  call: call.optional(),
  /** Asks again and again until the expectation holds. */
  eventually: call.optional(),
  ym: z.strictObject({ as: z.string().nullable(), args: z.array(z.string()), file: z.string().optional() }).optional(),
  facts: z.string().optional(),
  clock: z.number().optional(),
  /** A freeze of an environment that begins now. */
  freeze: z.strictObject({ minutes: z.number(), environment: z.string() }).optional(),
  /** An edit of a policy: votes expire after another time. */
  policy: z.strictObject({ from: z.string(), as: z.string(), expiresAfter: z.string() }).optional(),
  database: z.enum(['cut', 'mend']).optional(),
  expect: expectation.optional(),
  keep: z.string().optional(),
});
export type Step = z.infer<typeof stepSchema>;
export const storySchema = z.strictObject({ name: z.string(), steps: z.array(stepSchema).min(1) });
export type Story = z.infer<typeof storySchema>;
export type Outcome = Record<string, unknown>;

/** Does one step; `check` throws where the outcome is not what was expected. */
export async function tell(
  world: World,
  kept: Map<string, unknown>,
  raw: Step,
  check: (outcome: Outcome, expected: unknown) => void,
): Promise<void> {
  const step = filled(kept, raw) as Step;
  const outcome = await act(world, kept, step, check);
  if (step.keep !== undefined) kept.set(step.keep, outcome['body'] ?? outcome);
  check(outcome, step.expect ?? {});
}

async function act(
  world: World,
  kept: Map<string, unknown>,
  step: Step,
  check: (outcome: Outcome, expected: unknown) => void,
): Promise<Outcome> {
  if (step.catalog !== undefined) return applyCatalog(world, step.catalog);
  if (step.build !== undefined) return build(world, step.build);
  if (step.approve !== undefined) return approve(world, kept, step.approve);
  if (step.call !== undefined) return callOnce(world, step.call);
  if (step.eventually !== undefined) return eventually(world, step.eventually, (outcome) => check(outcome, step.expect ?? {}));
  if (step.ym !== undefined) return runYm(world, step.ym);
  if (step.freeze !== undefined) return freeze(world, step.freeze);
  if (step.policy !== undefined) return editPolicy(world, step.policy);
  if (step.facts !== undefined) {
    const items = await world.facts(step.facts);
    return { count: items.length, items };
  }
  if (step.clock !== undefined) await world.clock(step.clock);
  if (step.database !== undefined) world.database[step.database]();
  return {};
}

async function applyCatalog(world: World, parts: NonNullable<Step['catalog']>): Promise<Outcome> {
  const text = catalogText(world.repository.url, parts.level, parts.otherLevel, parts.strategy);
  const plan = await must(world.call('POST', '/v1/catalog/plan', 'ada', { text }));
  return { ...(await world.call('POST', '/v1/catalog/apply', 'mona', { text, plan: plan['digest'] })) };
}

async function build(world: World, asked: NonNullable<Step['build']>): Promise<Outcome> {
  const { author, committer, coAuthor, subject, files } = asked;
  const hands = { author, ...(committer === undefined ? {} : { committer }), ...(coAuthor === undefined ? {} : { coAuthor }) };
  const commit = await world.repository.commit(hands, subject, files);
  await world.pushed();
  const run = await until(`a run of ${commit.slice(0, 7)}`, async () => {
    const { items } = await must(world.call('GET', `/v1/runs?service=shop&commit=${commit}`, 'ada'));
    const [found] = items as Record<string, unknown>[];
    return found?.['finishedAt'] == null ? null : found;
  });
  return { status: 200, body: (await world.call('GET', `/v1/runs/${String(run['id'])}`, 'ada')).body };
}

async function approve(world: World, kept: Map<string, unknown>, asked: NonNullable<Step['approve']>): Promise<Outcome> {
  const { as, release, environment, verdict, seen } = asked;
  const shown =
    seen === undefined ? (await world.call('GET', `/v1/releases/${release}`, 'ada')).body : (kept.get(seen) as Record<string, unknown>);
  const target = (shown['environments'] as Record<string, unknown>[]).find((one) => one['environment'] === environment);
  const body = { environment, verdict, reason: 'I looked at it', intent: target?.['intent'], version: target?.['version'] };
  return { ...(await world.call('POST', `/v1/releases/${release}/approvals`, as, body)) };
}

function callOnce(world: World, { as, method, path, body }: z.infer<typeof call>): Promise<Answer> {
  return world.call(method, path, as, body);
}

async function eventually(world: World, asked: z.infer<typeof call>, check: (outcome: Outcome) => void): Promise<Outcome> {
  let last: unknown;
  return until(`GET ${asked.path} to be as expected`, async () => {
    const outcome = { ...(await callOnce(world, asked)) };
    try {
      check(outcome);
      return outcome;
    } catch (error) {
      last = error;
      return null;
    }
  }).catch((error: unknown) => {
    throw last instanceof Error ? last : error;
  });
}

async function runYm(world: World, { as, args, file }: NonNullable<Step['ym']>): Promise<Outcome> {
  const path = file === undefined ? null : fileIn(world, 'given.yaml', file);
  return {
    ...(await world.ym(
      as,
      args.map((arg) => (arg === 'FILE' && path !== null ? path : arg)),
    )),
  };
}

async function freeze(world: World, { minutes, environment }: NonNullable<Step['freeze']>): Promise<Outcome> {
  const from = new Date(await world.now());
  const when = { kind: 'once', from: from.toISOString(), until: new Date(from.getTime() + minutes * 60_000).toISOString() };
  const body = { kind: 'deny', scope: { environment }, when, reason: 'nobody ships now', ticket: 'OPS-1' };
  return { ...(await world.call('POST', '/v1/freezes', 'mona', body)) };
}

async function editPolicy(world: World, { from, as, expiresAfter }: NonNullable<Step['policy']>): Promise<Outcome> {
  const { document, version } = await must(world.call('GET', `/v1/policies/${from}`, as));
  const source = JSON.stringify(document).replaceAll(/"expiresAfter":"[^"]+"/g, `"expiresAfter":"${expiresAfter}"`);
  return { ...(await world.call('PUT', `/v1/policies/${from}`, as, { source, version })) };
}

/** The step with every `${name.field}` replaced by what was kept under that name; a text that is one whole gets the value itself. */
function filled(kept: ReadonlyMap<string, unknown>, value: unknown): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{([\w.-]+)\}$/.exec(value);
    if (whole !== null) return valueOf(kept, whole[1] ?? '');
    return value.replaceAll(/\$\{([\w.-]+)\}/g, (_, path: string) => String(valueOf(kept, path)));
  }
  if (Array.isArray(value)) return value.map((one) => filled(kept, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(kept, one)]));
}

function valueOf(kept: ReadonlyMap<string, unknown>, path: string): unknown {
  const [name = '', ...rest] = path.split('.');
  if (!kept.has(name)) throw new Error(`nothing was kept as ${name}`);
  const found = rest.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], kept.get(name));
  if (found === undefined) throw new Error(`${path} is not there in ${JSON.stringify(kept.get(name))}`);
  return found;
}
