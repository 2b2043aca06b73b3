import { z } from 'zod';
import type { InputKind } from './inputs.port.ts';

/**
 * CDEvents that come in (https://cdevents.dev, 0.3 to 0.5 and their schemas of today): told as builds, artifacts,
 * deployments, incidents and tickets. What CDEvents has no place for and we need (the service of our catalog, the commit,
 * the release) stands in `customData.yardmaster`; what is missing is said, and nothing is guessed.
 */
const id = z.string().min(1).max(1000);
const eventSchema = z.object({
  context: z.object({
    id,
    source: id,
    type: z.string().regex(/^dev\.cdevents\.[a-z]{1,40}\.[a-z]{1,40}\.\d+\.\d+\.\d+(?:-[a-z0-9.]{1,20})?$/),
    timestamp: z
      .string()
      .max(60)
      .refine((text) => !Number.isNaN(Date.parse(text)), 'a timestamp'),
    chainId: z.string().max(1000).optional(),
  }),
  subject: z.object({ id, source: z.string().max(1000).optional(), content: z.record(z.string(), z.unknown()) }),
  customData: z.unknown().optional(),
});
export type CdEventIn = z.output<typeof eventSchema>;

export type Told =
  | { readonly kind: 'input'; readonly input: InputKind; readonly fields: Readonly<Record<string, unknown>> }
  /** A CDEvent that says nothing which is told here. */
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** The CDEvent within a CloudEvent in structured mode, or the payload itself: binary mode, or a bare CDEvent. */
export function readCdEvent(payload: unknown): { readonly event: CdEventIn } | { readonly why: string } {
  const outer = z
    .object({ specversion: z.literal('1.0'), data: z.unknown().optional(), data_base64: z.string().optional() })
    .safeParse(payload);
  let inner = payload;
  if (outer.success) {
    try {
      inner =
        outer.data.data_base64 === undefined
          ? outer.data.data
          : (JSON.parse(Buffer.from(outer.data.data_base64, 'base64').toString('utf8')) as unknown);
    } catch {
      return { why: 'data_base64 holds no JSON' };
    }
  }
  const read = eventSchema.safeParse(inner);
  if (read.success) return { event: read.data };
  return {
    why: read.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.') || 'event'}: ${issue.message}`)
      .join('; '),
  };
}

const ours = z.object({
  yardmaster: z.object({
    service: z.string().optional(),
    environment: z.string().optional(),
    commit: z.string().optional(),
    ref: z.string().optional(),
    release: z.string().optional(),
    run: z.string().optional(),
    name: z.string().optional(),
    digest: z.string().optional(),
  }),
});
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const idIn = (value: unknown): string | undefined => text((value as { id?: unknown } | null | undefined)?.id);
const webUrl = (value: unknown): string | undefined => (/^https?:\/\//.test(text(value) ?? '') ? text(value) : undefined);

/** What an event says here. */
export function toldBy(event: CdEventIn): Told {
  const [, , subject = '', predicate = ''] = event.context.type.split('.');
  const { content } = event.subject;
  const custom = ours.safeParse(event.customData);
  const more = custom.success ? custom.data.yardmaster : {};
  const system = systemOf(event.subject.source ?? event.context.source);
  const all = { system, id: event.subject.id };
  switch (subject) {
    case 'pipelinerun':
    case 'build':
    case 'taskrun':
      return build(event, predicate, {
        ...all,
        service: more.service ?? text(content['pipelineName']),
        commit: more.commit,
        ref: more.ref,
      });
    case 'artifact':
      return predicate === 'published' || predicate === 'packaged' ? artifact(event, more, system) : nothing(event);
    case 'service':
      return predicate === 'published' || predicate === 'removed' ? nothing(event) : deployment(event, predicate, more, system);
    case 'incident': {
      const service = more.service ?? idIn(content['service']);
      const environment = more.environment ?? idIn(content['environment']);
      const title = (text(content['description']) ?? event.subject.id).replaceAll(/[\s\0-\x1f\x7f]+/g, ' ').slice(0, 300);
      const state = predicate === 'resolved' ? 'resolved' : 'open';
      const when = state === 'resolved' ? { resolvedAt: event.context.timestamp } : { startedAt: event.context.timestamp };
      return needed('incident', { ...all, service, environment, title, state, url: webUrl(content['ticketURI']), ...instantsOf(when) });
    }
    case 'ticket': {
      const state =
        predicate !== 'closed'
          ? 'open'
          : /^(?:completed|fixed|done|resolved)$/i.test(text(content['resolution']) ?? '')
            ? 'done'
            : 'rejected';
      const title = text(content['summary']) ?? event.subject.id;
      const type = text(content['ticketType']);
      const changed = instantsOf({ changedAt: event.context.timestamp });
      return needed('ticket', {
        system,
        key: event.subject.id,
        service: more.service,
        title,
        type,
        state,
        fixVersion: text(content['milestone']),
        url: webUrl(content['uri']),
        ...changed,
      });
    }
    default:
      return nothing(event);
  }
}

function build(event: CdEventIn, predicate: string, fields: Record<string, unknown>): Told {
  const outcome = event.subject.content['outcome'];
  const ends: Record<string, string> = { success: 'succeeded', failure: 'failed', cancel: 'cancelled', error: 'failed' };
  const running = predicate === 'queued' || predicate === 'started';
  const state = running ? 'running' : typeof outcome === 'string' ? ends[outcome] : undefined;
  // CDEvents builds have no outcome: that one finished does not say that it succeeded.
  if (state === undefined) return { kind: 'nothing', why: 'it finished, and does not say how' };
  const isTask = event.context.type.includes('.taskrun.');
  const run = isTask ? (idIn(event.subject.content['pipelineRun']) ?? event.context.chainId) : event.subject.id;
  const job = isTask ? (text(event.subject.content['taskName']) ?? event.subject.id) : undefined;
  const at = instantsOf(running ? { startedAt: event.context.timestamp } : { finishedAt: event.context.timestamp });
  return needed('build', { ...fields, id: run, job, state, url: isTask ? undefined : webUrl(event.subject.content['uri']), ...at });
}

function artifact(
  event: CdEventIn,
  more: {
    service?: string | undefined;
    commit?: string | undefined;
    run?: string | undefined;
    name?: string | undefined;
    digest?: string | undefined;
    ref?: string | undefined;
  },
  system: string,
): Told {
  const purl = /^pkg:[a-z0-9.+-]+\/(?:[^@?#]*\/)?([^@/?#]+)(?:@([^?#]+))?/.exec(event.subject.id);
  const version = decode(purl?.[2] ?? '');
  const change = idIn(event.subject.content['change']);
  const commit = more.commit ?? (/^[0-9a-f]{40}$/.test(change ?? '') ? change : undefined);
  const digest = more.digest ?? (/^sha256:[0-9a-f]{64}$/.test(version) ? version : undefined);
  const name = more.name ?? decode(purl?.[1] ?? '');
  const run = more.run ?? event.context.chainId;
  return needed('artifact', {
    service: more.service,
    system,
    id: run,
    commit,
    ref: more.ref,
    name: name === '' ? undefined : name,
    digest,
    reference: event.subject.id,
  });
}

function deployment(
  event: CdEventIn,
  predicate: string,
  more: { release?: string | undefined; environment?: string | undefined },
  system: string,
): Told {
  const environment = more.environment ?? idIn(event.subject.content['environment']);
  const state = predicate === 'rolledback' ? 'rolled-back' : 'succeeded';
  return needed('deployment', { release: more.release, environment, state, system, id: event.context.chainId ?? event.context.id });
}

const NEEDED: Partial<Record<InputKind, readonly string[]>> = {
  build: ['service', 'id', 'commit'],
  artifact: ['service', 'id', 'commit', 'name', 'digest'],
  deployment: ['release', 'environment'],
  incident: ['service', 'environment'],
  ticket: ['service'],
};

function needed(input: InputKind, fields: Readonly<Record<string, unknown>>): Told {
  const missing = (NEEDED[input] ?? []).filter((name) => fields[name] === undefined);
  if (missing.length > 0) return { kind: 'unreadable', why: `a ${input} needs ${missing.join(', ')}: say it in customData.yardmaster` };
  return { kind: 'input', input, fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) };
}

function nothing({ context }: CdEventIn): Told {
  return { kind: 'nothing', why: `${context.type} is taken and tells nothing that counts here` };
}

/** The system that an event comes from, by its host or path: `ci.example.org`, `event-source-123`. */
function systemOf(source: string): string {
  const host = URL.parse(source)?.hostname ?? '';
  const plain = (host === '' ? source : host)
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
  return plain.replace(/[^a-z0-9]+$/, '') || 'cdevents';
}

/** Instants with the milliseconds that we keep. */
function instantsOf(times: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(times).flatMap(([name, value]) => (value === undefined ? [] : [[name, new Date(value).toISOString()]])),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
