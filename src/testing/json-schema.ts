/**
 * A checker for the part of JSON Schema draft 7 that published document schemas use. It knows no formats and no remote
 * references: `others` holds the schemas that may be referred to, by file name.
 */
type Schema = { readonly [keyword: string]: unknown };

/** The places where `value` breaks `schema`, as JSON pointers with a word; empty: it is valid. */
export function schemaFaults(schema: object, value: unknown, others: Readonly<Record<string, object>> = {}): string[] {
  return faults({ root: schema as Schema, others }, schema as Schema, value, '');
}

type Roots = { readonly root: Schema; readonly others: Readonly<Record<string, object>> };

function faults(roots: Roots, schema: Schema | boolean, value: unknown, place: string): string[] {
  if (typeof schema === 'boolean') return schema ? [] : [`${place} is not allowed`];
  if (typeof schema['$ref'] === 'string') {
    const [next, found] = follow(roots, schema['$ref']);
    return faults(next, found, value, place);
  }
  return [...general(schema, value, place), ...combined(roots, schema, value, place), ...inside(roots, schema, value, place)];
}

function follow(roots: Roots, ref: string): [Roots, Schema] {
  const [file = '', pointer = ''] = ref.split('#');
  const next = file === '' ? roots : { ...roots, root: (roots.others[file] ?? fail(`no schema ${file}`)) as Schema };
  let found: unknown = next.root;
  for (const part of pointer.split('/').slice(1)) found = (found as Schema)[part];
  return [next, (found ?? fail(`no definition ${ref}`)) as Schema];
}

function fail(text: string): never {
  throw new Error(text);
}

function general(schema: Schema, value: unknown, place: string): string[] {
  const found: string[] = [];
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = schema['type'] === undefined ? null : [schema['type']].flat();
  if (types !== null && !types.includes(kind) && !(kind === 'number' && types.includes('integer') && Number.isInteger(value)))
    found.push(`${place} is no ${types.join()}`);
  if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) found.push(`${place} is none of the words allowed`);
  if ('const' in schema && schema['const'] !== value) found.push(`${place} is not ${String(schema['const'])}`);
  if (typeof value === 'string') {
    if (typeof schema['pattern'] === 'string' && !new RegExp(schema['pattern'], 'u').test(value)) found.push(`${place} has another form`);
    if (typeof schema['maxLength'] === 'number' && value.length > schema['maxLength']) found.push(`${place} is too long`);
    if (typeof schema['minLength'] === 'number' && value.length < schema['minLength']) found.push(`${place} is too short`);
  }
  if (typeof value === 'number' && typeof schema['minimum'] === 'number' && value < schema['minimum']) found.push(`${place} is too small`);
  if (typeof value === 'number' && typeof schema['maximum'] === 'number' && value > schema['maximum']) found.push(`${place} is too large`);
  return found;
}

function combined(roots: Roots, schema: Schema, value: unknown, place: string): string[] {
  const list = (keyword: string): Schema[] | null => (Array.isArray(schema[keyword]) ? (schema[keyword] as Schema[]) : null);
  const passing = (schemas: Schema[]): number => schemas.filter((one) => faults(roots, one, value, place).length === 0).length;
  const found = (list('allOf') ?? []).flatMap((one) => faults(roots, one, value, place));
  const any = list('anyOf');
  if (any !== null && passing(any) === 0) found.push(`${place} fits none`);
  const one = list('oneOf');
  if (one !== null && passing(one) !== 1) found.push(`${place} fits ${passing(one)}, not one`);
  if (typeof schema['not'] === 'object' && faults(roots, schema['not'] as Schema, value, place).length === 0)
    found.push(`${place} is what it must not be`);
  if (typeof schema['if'] === 'object') {
    const branch = faults(roots, schema['if'] as Schema, value, place).length === 0 ? schema['then'] : schema['else'];
    if (branch !== undefined) found.push(...faults(roots, branch as Schema, value, place));
  }
  return found;
}

function inside(roots: Roots, schema: Schema, value: unknown, place: string): string[] {
  if (Array.isArray(value)) {
    const items = schema['items'] as Schema | readonly Schema[] | undefined;
    const found = value.flatMap((item, at) => {
      const wanted = Array.isArray(items) ? ((items as readonly Schema[])[at] ?? schema['additionalItems']) : items;
      return wanted === undefined ? [] : faults(roots, wanted as Schema, item, `${place}/${at}`);
    });
    if (typeof schema['maxItems'] === 'number' && value.length > schema['maxItems']) found.push(`${place} has too many`);
    if (typeof schema['minItems'] === 'number' && value.length < schema['minItems']) found.push(`${place} has too few`);
    if (schema['uniqueItems'] === true && new Set(value.map((item) => JSON.stringify(item))).size !== value.length)
      found.push(`${place} repeats itself`);
    return found;
  }
  if (value === null || typeof value !== 'object') return [];
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const found = ((schema['required'] ?? []) as string[])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${place}/${name} is missing`);
  for (const [name, member] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) found.push(...faults(roots, properties[name] ?? {}, member, `${place}/${name}`));
    else if (schema['additionalProperties'] === false) found.push(`${place}/${name} is unknown`);
  }
  return found;
}
