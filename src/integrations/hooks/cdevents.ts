/**
 * CDEvents (https://cdevents.dev) out of our facts. The ids of subjects are ours, `source` is this instance, and what
 * CDEvents has no place for goes along as custom data. Types and versions are those of the specification's schemas.
 */
export const CDEVENTS_SPEC = '0.5.0';

export type FactSeen = {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly service: string | null;
  readonly at: string;
  readonly body: Readonly<Record<string, unknown>>;
};
/** Names of services and environments by id, for people who read the events. */
export type Names = ReadonlyMap<string, string>;

export type CdEvent = {
  readonly context: {
    readonly specversion: string;
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly timestamp: string;
    readonly chainId?: string;
  };
  readonly subject: { readonly id: string; readonly source: string; readonly content: Readonly<Record<string, unknown>> };
  readonly customData: Readonly<Record<string, unknown>>;
  readonly customDataContentType: 'application/json';
};

type Content = Readonly<Record<string, unknown>>;
type Word = {
  readonly version: string;
  readonly id?: (fact: FactSeen, names: Names) => string;
  readonly content: (fact: FactSeen, names: Names, base: string) => Content;
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const first = (value: unknown): string => (Array.isArray(value) ? text(value[0]) : '');
const named = (id: string, names: Names): string => names.get(id) ?? id;
const place = (id: unknown, names: Names): Content => ({ id: text(id) === '' ? 'unknown' : named(text(id), names) });
const purl = (name: string, digest: string): string =>
  `pkg:generic/${encodeURIComponent(name === '' ? 'artifact' : name)}@${encodeURIComponent(digest === '' ? 'unknown' : digest)}`;

/** CDEvents knows four ends of a run. */
function outcomeOf(value: unknown): string {
  if (value === 'succeeded') return 'success';
  if (value === 'cancelled' || value === 'skipped') return 'cancel';
  return value === 'failed' || value === 'timed-out' ? 'failure' : 'error';
}

const pipeline = ({ service, subject }: FactSeen, names: Names, base: string): Content => ({
  pipelineName: service === null ? 'pipeline' : named(service, names),
  uri: `${base}/runs/${subject}`,
});
const runs: Word = {
  version: '0.3.0',
  id: ({ subject }, names) => named(subject, names),
  content: ({ subject, body }, names) => ({
    environment: place(body['environment'], names),
    artifactId: purl(named(subject, names), first(body['artifacts'])),
  }),
};
const incident: Word = {
  version: '0.3.0',
  content: ({ body }, names) => ({
    environment: place(body['environment'], names),
    ...(text(body['service']) === '' ? {} : { service: place(body['service'], names) }),
  }),
};
const environment: Word = {
  version: '0.3.0',
  id: ({ subject }, names) => named(subject, names),
  content: ({ body }) => (text(body['name']) === '' ? {} : { name: text(body['name']) }),
};
const task = ({ body }: FactSeen): Content => ({ taskName: text(body['name']), pipelineRun: { id: text(body['run']) } });
const approval = (decision: string): Word => ({
  version: '0.1.0',
  content: ({ body }, _names, base) => ({
    approvalDetailsUrl: `${base}/releases/${text(body['release'])}`,
    resourceTargetUrl: `${base}/releases/${text(body['release'])}`,
    responder: `${base}/people/${text(body['person'])}`,
    decision,
    status: decision,
  }),
});

/** Every fact of ours that CDEvents has a word for; the word is the fact's type where nothing else is said. */
const WORDS: Readonly<Record<string, Word & { readonly word?: string }>> = {
  'pipelinerun.queued': { version: '0.3.0', content: pipeline },
  'pipelinerun.started': { version: '0.3.0', content: pipeline },
  'pipelinerun.finished': {
    version: '0.3.0',
    content: (fact, names, base) => ({ ...pipeline(fact, names, base), outcome: outcomeOf(fact.body['outcome']) }),
  },
  'taskrun.started': { version: '0.3.0', content: task },
  'taskrun.finished': { version: '0.3.0', content: (fact) => ({ ...task(fact), outcome: outcomeOf(fact.body['outcome']) }) },
  'artifact.published': { version: '0.3.0', id: ({ body }) => purl(text(body['name']), text(body['digest'])), content: () => ({}) },
  'artifact.promoted': {
    version: '0.3.0',
    word: 'artifact.published',
    id: ({ body }) => purl(text(body['name']), text(body['digest'])),
    content: () => ({}),
  },
  'artifact.signed': {
    version: '0.3.0',
    id: ({ body, service }, names) => purl(service === null ? '' : named(service, names), text(body['digest'])),
    content: ({ body }) => ({
      signature:
        text((body['attestations'] as readonly { envelope?: unknown }[] | undefined)?.[0]?.envelope) || text(body['key']) || 'none',
    }),
  },
  'testsuiterun.finished': {
    version: '0.3.0',
    content: ({ body }) => ({
      environment: { id: 'build' },
      outcome: body['state'] !== 'ok' ? 'error' : Number(body['failed']) + Number(body['errored']) > 0 ? 'failure' : 'success',
    }),
  },
  'change.merged': {
    version: '0.3.0',
    id: ({ body, subject }) => text(body['commit']) || subject,
    content: ({ body }) => ({ repository: { id: text(body['repository']).replace(/\/\/[^/@]*@/, '//') || 'unknown' } }),
  },
  'environment.created': environment,
  'environment.modified': environment,
  'environment.deleted': environment,
  'service.deployed': runs,
  'service.upgraded': runs,
  'service.rolledback': runs,
  'incident.detected': incident,
  'incident.resolved': incident,
  'approval.given': { ...approval('approved'), word: 'approval.closed' },
  'approval.rejected': { ...approval('rejected'), word: 'approval.closed' },
};

/** Types of our facts that go out as CDEvents. */
export const CDEVENT_FACTS: readonly string[] = Object.keys(WORDS);

/** The CDEvent that says what a fact says, or null where CDEvents has no word for it. `base`: the address of this instance. */
export function cdEventOf(fact: FactSeen, names: Names, base: string): CdEvent | null {
  const word = WORDS[fact.type];
  if (word === undefined) return null;
  const run = text(fact.body['run']);
  return {
    context: {
      specversion: CDEVENTS_SPEC,
      id: fact.id,
      source: base,
      type: `dev.cdevents.${word.word ?? fact.type}.${word.version}`,
      timestamp: fact.at,
      ...(run === '' ? {} : { chainId: run }),
    },
    subject: { id: word.id?.(fact, names) ?? fact.subject, source: base, content: word.content(fact, names, base) },
    customData: {
      yardmaster: {
        fact: fact.type,
        subject: fact.subject,
        service: fact.service === null ? null : named(fact.service, names),
        body: fact.body,
      },
    },
    customDataContentType: 'application/json',
  };
}

/** Around a CDEvent, as CloudEvents 1.0 sends it in structured mode. */
export function cloudEventOf({ context, ...rest }: CdEvent): Readonly<Record<string, unknown>> {
  return {
    specversion: '1.0',
    id: context.id,
    source: context.source,
    type: context.type,
    time: context.timestamp,
    subject: rest.subject.id,
    datacontenttype: 'application/json',
    data: { context, ...rest },
  };
}
