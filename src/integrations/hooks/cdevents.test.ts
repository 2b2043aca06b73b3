import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { cdEventOf, CDEVENT_FACTS, cloudEventOf, type FactSeen } from './cdevents.ts';
import { payloadOf } from './out.ts';
import { readCdEvent, toldBy } from './cdevents-in.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'events/cdevents+spec');
const there = existsSync(corpus);
const BASE = 'https://ym.example.org';
const names = new Map([
  ['svc_1', 'shop'],
  ['env_1', 'prod'],
]);

type Json = Record<string, unknown>;
function schemas(): Map<string, Json> {
  const all = readdirSync(join(corpus, 'schemas')).map((file) => JSON.parse(readFileSync(join(corpus, 'schemas', file), 'utf8')) as Json);
  return new Map(all.map((schema) => [typeIn(schema), schema]));
}
function typeIn(schema: Json): string {
  const { context } = schema['properties'] as { context: { properties: { type: { enum: string[] } } } };
  return context.properties.type.enum[0] ?? '';
}
function judge(schema: Json): (event: unknown) => string {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as (ajv: unknown) => void)(ajv);
  // Links stand in a schema of their own, which the corpus leaves out; ours has none.
  const text = JSON.stringify(schema).replaceAll('{"$ref":"links/embeddedlinksarray"}', '{"type":"array"}');
  const validate = ajv.compile(JSON.parse(text) as object);
  return (event) => (validate(event) ? '' : ajv.errorsText(validate.errors));
}

const fact = (type: string, body: Json, more: Partial<FactSeen> = {}): FactSeen => ({
  id: 'fct_1',
  type,
  subject: 'run_1',
  service: 'svc_1',
  at: '2026-01-01T00:00:00.000Z',
  body,
  ...more,
});
/** One of each, as the slices record them. */
const FACTS: Readonly<Record<string, FactSeen>> = {
  'pipelinerun.queued': fact('pipelinerun.queued', { commit: null, jobs: 1 }),
  'pipelinerun.started': fact('pipelinerun.started', {}),
  'pipelinerun.finished': fact('pipelinerun.finished', { outcome: 'timed-out' }),
  'taskrun.started': fact('taskrun.started', { run: 'run_1', name: 'build' }, { subject: 'job_1' }),
  'taskrun.finished': fact('taskrun.finished', { run: 'run_1', name: 'build', outcome: 'skipped' }, { subject: 'job_1' }),
  'artifact.published': fact(
    'artifact.published',
    { digest: `sha256:${'a'.repeat(64)}`, name: 'shop app', run: 'run_1' },
    { subject: 'art_1' },
  ),
  'artifact.promoted': fact(
    'artifact.promoted',
    { digest: `sha256:${'a'.repeat(64)}`, name: 'shop app', destination: 'releases', location: 'oci://r.example/shop@sha256:b' },
    { subject: 'art_1' },
  ),
  'artifact.signed': fact('artifact.signed', { digest: `sha256:${'a'.repeat(64)}`, key: 'k', attestations: [{ envelope: 'sha256:e' }] }),
  'testsuiterun.finished': fact('testsuiterun.finished', { state: 'ok', failed: 1, errored: 0 }, { subject: 'rep_1' }),
  'change.merged': fact('change.merged', { repository: 'https://u:p@example.org/x.git', commit: 'c'.repeat(40) }),
  'environment.created': fact('environment.created', { name: 'prod' }, { subject: 'env_1', service: null }),
  'environment.modified': fact('environment.modified', { name: 'prod' }, { subject: 'env_1', service: null }),
  'environment.deleted': fact('environment.deleted', { name: 'prod' }, { subject: 'env_1', service: null }),
  'service.deployed': fact('service.deployed', { environment: 'env_1', artifacts: [`sha256:${'a'.repeat(64)}`] }, { subject: 'svc_1' }),
  'service.upgraded': fact('service.upgraded', { environment: 'env_1', artifacts: [] }, { subject: 'svc_1' }),
  'service.rolledback': fact('service.rolledback', { environment: 'env_1', artifacts: ['sha256:b'] }, { subject: 'svc_1' }),
  'incident.detected': fact('incident.detected', { service: 'svc_1', environment: null }, { subject: 'inc_1' }),
  'incident.resolved': fact('incident.resolved', { service: null, environment: 'env_1' }, { subject: 'inc_1' }),
  'approval.given': fact('approval.given', { release: 'rel_1', person: 'per_1' }, { subject: 'apr_1' }),
  'approval.rejected': fact('approval.rejected', { release: 'rel_1', person: 'per_1' }, { subject: 'apr_1' }),
};

test.skipIf(!there)('every fact of ours that CDEvents has a word for goes out as its schema says (corpus)', () => {
  const known = schemas();
  expect(Object.keys(FACTS).sort()).toEqual([...CDEVENT_FACTS].sort());
  for (const one of Object.values(FACTS)) {
    const event = cdEventOf(one, names, BASE);
    if (event === null) throw new Error(one.type);
    const schema = known.get(event.context.type);
    expect(schema, `${event.context.type} is in the specification`).toBeDefined();
    expect(judge(schema ?? {})(event), one.type).toBe('');
    for (const form of ['cdevents', 'facts'] as const) expect(payloadOf(form, one, names, BASE)?.text).not.toContain('u:p@');
    expect(cloudEventOf(event)).toMatchObject({ specversion: '1.0', id: 'fct_1', type: event.context.type, data: event });
  }
  // A schema that takes anything would show nothing.
  const bent = { ...cdEventOf(FACTS['service.deployed'] as FactSeen, names, BASE), subject: { id: 'x', content: {} } };
  expect(judge(known.get('dev.cdevents.service.deployed.0.3.0') ?? {})(bent)).not.toBe('');
});

test('a fact without a word goes out as none, and names of services and environments stand in for ids', () => {
  expect(cdEventOf(fact('policy.changed', {}), names, BASE)).toBeNull();
  expect(cdEventOf(FACTS['service.deployed'] as FactSeen, names, BASE)).toMatchObject({
    subject: { id: 'shop', content: { environment: { id: 'prod' }, artifactId: `pkg:generic/shop@sha256%3A${'a'.repeat(64)}` } },
  });
});

test.skipIf(!there)('all conformance events of the specification are read, bare and within CloudEvents (corpus)', () => {
  const files = readdirSync(join(corpus, 'conformance'));
  expect(files.length).toBeGreaterThan(10);
  const known = schemas();
  for (const file of files) {
    const event = JSON.parse(readFileSync(join(corpus, 'conformance', file), 'utf8')) as { context: { type: string; id: string } };
    expect(judge(known.get(event.context.type) ?? {})(event), file).toBe('');
    for (const payload of [
      event,
      { specversion: '1.0', id: 'x', source: '/x', type: event.context.type, data: event },
      { specversion: '1.0', data_base64: Buffer.from(JSON.stringify(event)).toString('base64') },
    ]) {
      const read = readCdEvent(payload);
      if ('why' in read) throw new Error(`${file}: ${read.why}`);
      expect(['input', 'nothing', 'unreadable']).toContain(toldBy(read.event).kind);
    }
  }
});

const cd = (type: string, content: Json, more: Json = {}, customData?: Json) => {
  const read = readCdEvent({
    context: { id: 'e1', source: 'https://ci.example.org/x', type: `dev.cdevents.${type}`, timestamp: '2026-01-01T00:00:00Z', ...more },
    subject: { id: 's1', content },
    ...(customData === undefined ? {} : { customData: { yardmaster: customData } }),
  });
  if ('why' in read) throw new Error(read.why);
  return toldBy(read.event);
};

test('what an event says becomes what ym record would tell', () => {
  const commit = 'c'.repeat(40);
  expect(cd('pipelinerun.finished.0.3.0', { pipelineName: 'shop', outcome: 'failure', uri: 'https://ci/1' }, {}, { commit })).toEqual({
    kind: 'input',
    input: 'build',
    fields: {
      system: 'ci.example.org',
      id: 's1',
      service: 'shop',
      commit,
      state: 'failed',
      url: 'https://ci/1',
      finishedAt: '2026-01-01T00:00:00.000Z',
    },
  });
  expect(cd('incident.detected.0.3.0', { environment: { id: 'prod' }, service: { id: 'shop' }, description: 'a\nb' })).toMatchObject({
    input: 'incident',
    fields: { service: 'shop', environment: 'prod', title: 'a b', state: 'open' },
  });
  expect(cd('incident.resolved.0.1.0', { environment: { id: 'prod' }, service: { id: 'shop' } })).toMatchObject({
    fields: { state: 'resolved' },
  });
  expect(cd('ticket.closed.0.2.0', { resolution: 'completed', uri: 'https://t/1' }, {}, { service: 'shop' })).toMatchObject({
    input: 'ticket',
    fields: { state: 'done', key: 's1' },
  });
  expect(cd('service.deployed.0.3.0', { environment: { id: 'prod' }, artifactId: 'x' }, {}, { release: 'rel_1' })).toMatchObject({
    input: 'deployment',
    fields: { state: 'succeeded', environment: 'prod' },
  });
});

test('what is missing is said and nothing is guessed: no commit, no outcome, no environment', () => {
  expect(cd('pipelinerun.finished.0.3.0', { pipelineName: 'shop', outcome: 'success' })).toMatchObject({
    kind: 'unreadable',
    why: expect.stringContaining('commit') as string,
  });
  expect(cd('build.finished.0.3.0', { artifactId: 'x' })).toMatchObject({ kind: 'nothing' });
  expect(cd('service.deployed.0.3.0', { environment: { id: 'prod' }, artifactId: 'x' })).toMatchObject({ kind: 'unreadable' });
  expect(cd('testsuiterun.finished.0.3.0', { outcome: 'success', environment: { id: 'x' } })).toMatchObject({ kind: 'nothing' });
  for (const odd of [null, 1, [], {}, { context: {} }, { specversion: '1.0', data: 5 }, { specversion: '1.0', data_base64: '%' }])
    expect(readCdEvent(odd)).toHaveProperty('why');
});
