import { z } from 'zod';
import { serviceByName } from '../catalog/catalog.queries.ts';
import { isBytes, type RouteShape } from '../contract/route.ts';
import type { Inputs, InputKind } from '../integrations/hooks/inputs.port.ts';
import type { Actor } from '../kernel/actor.ts';
import { defineProblem } from '../kernel/problem.ts';
import { lookAt } from '../pipelines/sources/look.api.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { unreadable } from '../platform/hooks/hooks.problems.ts';
import { Refused, type Mounted } from '../platform/http/handler.ts';

/** Where each input is told: what hooks and CloudEvents bring goes the same way as what `ym record` sends. */
const PATHS: Readonly<Record<Exclude<InputKind, 'heads'>, string>> = {
  build: '/v1/record/builds',
  report: '/v1/record/reports',
  artifact: '/v1/record/artifact-digests',
  attestation: '/v1/record/attestations',
  deployment: '/v1/record/deployments',
  incident: '/v1/record/incidents',
  ticket: '/v1/record/tickets',
};
const HEADS = z.strictObject({ repository: z.string().min(1).max(2000) });
/** The bytes of a report, as text. */
const CONTENT = z.string().max(1024 ** 2);

/** A server of another version may be without one of them: what is to be told waits, and is not lost. */
const notTaken = defineProblem<{ kind: string }>('hooks.input-not-taken', {
  status: 503,
  sentence: ({ kind }) => `This server takes no ${kind}.`,
  remedy: 'Upgrade the server; what waits is then taken by itself, or replayed with: ym deliveries replay DELIVERY',
});

/** What can be told, over the routes that take it. `routes` is asked late, when all slices are known. */
export function inputsOver(routes: () => readonly Mounted[]): Inputs {
  const routeOf = (kind: Exclude<InputKind, 'heads'>): Mounted => {
    const found = routes().find(({ route }) => route.method === 'POST' && route.path === PATHS[kind]);
    if (found === undefined) throw notTaken({ kind });
    return found;
  };
  const schemaOf = (kind: InputKind): z.ZodObject => {
    if (kind === 'heads') return HEADS;
    const { route } = routeOf(kind);
    return isBytes(route.body) ? z.strictObject({ ...queryOf(route).shape, content: CONTENT }) : (route.body as z.ZodObject);
  };
  return {
    fields(kind) {
      const entries = Object.entries(schemaOf(kind).shape) as [string, z.ZodType][];
      const may = (schema: z.ZodType): boolean => schema.safeParse(undefined).success;
      return {
        required: entries.flatMap(([name, schema]) => (may(schema) ? [] : [name])),
        optional: entries.flatMap(([name, schema]) => (may(schema) ? [name] : [])),
      };
    },
    wrong(kind, fields) {
      const read = schemaOf(kind).strict().safeParse(fields);
      return read.success ? [] : read.error.issues.slice(0, 10).map((issue) => `${issue.path.join('.') || kind}: ${issue.message}`);
    },
    async isOneOf(floor, actor, service, ids) {
      if (typeof service !== 'string') return false;
      const found = await floor.db.read(actor.org, (tx) => serviceByName(tx, service));
      return found !== null && ids.has(found.id);
    },
    async tell(floor, actor, kind, fields) {
      const read = schemaOf(kind).strict().safeParse(fields);
      if (!read.success) throw unreadable({ why: read.error.issues[0]?.message ?? 'its fields do not fit' });
      if (kind === 'heads') return lookAtHeads(floor, actor, HEADS.parse(fields).repository);
      const { content, ...rest } = read.data as Record<string, unknown>;
      await call(routeOf(kind), floor, actor, rest, typeof content === 'string' ? content : null);
      return `told: ${kind}`;
    },
  };
}

function queryOf(route: RouteShape): z.ZodObject {
  return route.query ?? z.object({});
}

async function lookAtHeads(floor: Floor, actor: Actor, repository: string): Promise<string> {
  const known = await floor.db.tx(actor.org, (tx) => lookAt(tx, repository));
  if (!known) throw unreadable({ why: `no service watches the repository ${repository.replace(/\/\/[^/@]*@/, '//').slice(0, 200)}` });
  return 'the repository is looked at';
}

/** Calls the handler of a route as the server would after it had judged the caller: who made the hook was judged when it was made. */
async function call({ route, handle }: Mounted, floor: Floor, actor: Actor, fields: object, bytes: string | null): Promise<void> {
  const with_ = (tx: Tx | null): unknown => ({
    params: {},
    query: bytes === null ? {} : fields,
    body: bytes === null ? fields : new Response(bytes).body,
    rawBody: '',
    actor,
    floor,
    tx,
    requestId: floor.newId('req'),
    address: '',
    encrypted: true,
    headers: new Headers(),
    signal: AbortSignal.timeout(60_000),
    visible: async () => 'all' as const,
    must: async () => undefined,
  });
  const run = async (tx: Tx | null): Promise<void> => {
    const answer = await (handle as (given: unknown) => Promise<unknown>)(with_(tx));
    if (answer instanceof Refused) throw answer.problem;
  };
  if (route.transaction === 'none') await run(null);
  else await floor.db.tx(actor.org, run);
}
