import { expect, test } from 'vitest';
import type { MappingWritten } from '../../contract/hooks.ts';
import type { Inputs } from './inputs.port.ts';
import { applyMapping, readMapping } from './mapping.ts';
import { readPayload } from './payload.ts';

const fields: Inputs['fields'] = () => ({ required: ['service', 'title'], optional: ['url', 'severity'] });
const MAPPING: MappingWritten = {
  rules: [
    {
      when: `has(body.alert) && headers['x-kind'] == 'alert'`,
      input: 'incident',
      fields: {
        service: 'body.alert.labels.service',
        title: 'body.alert.title',
        'url?': 'body.alert.url',
        severity: `body.alert.page ? 'critical' : 'minor'`,
      },
    },
    { when: `headers['x-kind'] == 'ping'`, input: 'incident', fields: { service: `'none'`, title: 'delivery' } },
  ],
};
const read = (mapping: MappingWritten) => readMapping(mapping, fields);
const apply = (body: unknown, kind: string) => {
  const made = read(MAPPING);
  if (!made.ok) throw new Error(made.wrong.join());
  return applyMapping(made.mapping, { headers: { 'x-kind': kind }, body, delivery: 'd-1' });
};

test('the first rule that fits decides; a field with ? is left out where it is missing', () => {
  const alert = { title: 'Down', labels: { service: 'shop' }, page: true };
  expect(apply({ alert }, 'alert')).toEqual({
    kind: 'input',
    rule: 1,
    input: 'incident',
    fields: { service: 'shop', title: 'Down', severity: 'critical' },
  });
  expect(apply({ alert: { ...alert, url: 'https://x' } }, 'alert')).toMatchObject({ fields: { url: 'https://x' } });
  expect(apply({}, 'ping')).toMatchObject({ rule: 2, fields: { title: 'd-1' } });
  expect(apply({}, 'other')).toEqual({ kind: 'nothing' });
});

test('what is missing is unknown: never a value, never a no', () => {
  expect(apply({ alert: { title: 'Down', labels: {}, page: false } }, 'alert')).toMatchObject({ kind: 'unknown', rule: 1 });
  expect(apply({ alert: { title: 'Down', labels: { service: 'shop' } } }, 'alert')).toMatchObject({ kind: 'unknown' });
  const noHeader = read(MAPPING);
  if (!noHeader.ok) throw new Error('unreachable');
  // The first rule can't be answered, so the second is not asked.
  expect(applyMapping(noHeader.mapping, { headers: {}, body: { alert: {} }, delivery: 'd' })).toMatchObject({ kind: 'unknown', rule: 1 });
  const odd = read({ rules: [{ when: `'yes'`, input: 'incident', fields: { service: `'a'`, title: `'b'` } }] });
  if (!odd.ok) throw new Error('unreachable');
  expect(applyMapping(odd.mapping, { headers: {}, body: {}, delivery: 'd' })).toMatchObject({ kind: 'unknown' });
});

test('a mapping is checked when it is written: syntax, names of variables, fields', () => {
  const wrongs = (rule: Partial<MappingWritten['rules'][number]>) => {
    const answer = read({ rules: [{ input: 'incident', fields: { service: `'a'`, title: `'b'` }, ...rule }] });
    return answer.ok ? [] : answer.wrong.join('\n');
  };
  expect(wrongs({})).toEqual([]);
  expect(wrongs({ when: 'body.x ==' })).toContain('rules.1.when');
  expect(wrongs({ when: 'env.SECRET == 1' })).toContain('env');
  expect(wrongs({ fields: { service: `'a'` } })).toContain('needs title');
  expect(wrongs({ fields: { service: `'a'`, title: `'b'`, colour: `'c'` } })).toContain('no such field');
  expect(wrongs({ fields: { service: `'a'`, title: `'b'`, url: `'c'`, 'url?': `'d'` } })).toContain('given twice');
});

test('nothing of the host is within reach of a mapping', () => {
  for (const source of [
    'body.constructor',
    'body.__proto__',
    'headers.constructor.constructor',
    `body['constructor']`,
    'delivery.length',
  ]) {
    const answer = read({ rules: [{ input: 'incident', fields: { service: source, title: `'b'` } }] });
    if (answer.ok) expect(applyMapping(answer.mapping, { headers: {}, body: {}, delivery: 'd' }).kind).toBe('unknown');
  }
});

test('payloads: JSON in UTF-8, forms with a payload, and nothing deeper than 64', () => {
  const bytes = (text: string) => Buffer.from(text);
  expect(readPayload(bytes('{"a":1}'), 'application/json')).toEqual({ json: { a: 1 } });
  expect(readPayload(bytes(`payload=${encodeURIComponent('{"a":"é"}')}`), 'application/x-www-form-urlencoded; charset=utf-8')).toEqual({
    json: { a: 'é' },
  });
  expect(readPayload(bytes('{'), 'application/json')).toEqual({ why: 'it is no JSON' });
  expect(readPayload(Buffer.from([0xff]), 'application/json')).toEqual({ why: 'it is not UTF-8' });
  expect(readPayload(bytes('['.repeat(100_000)), 'application/json')).toEqual({ why: 'it is nested deeper than 64' });
  expect(readPayload(bytes('a=b'), 'application/x-www-form-urlencoded')).toMatchObject({
    why: expect.stringContaining('payload') as string,
  });
});
