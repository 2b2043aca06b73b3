import type { Bom } from './cyclonedx.ts';
import { readBom } from './cyclonedx.ts';
import type { JsonObject } from './json.ts';
import type { ByteStream } from './model.ts';
import { ReportFault } from './model.ts';
import type { Attributes } from './xml.ts';
import type { XmlNode } from './xml-records.ts';
import { child, childrenOf, readRecords, textOf } from './xml-records.ts';

const NAMESPACE = /^http:\/\/cyclonedx\.org\/schema\/bom\/(1\.\d)$/;
/** The lists of a document and what they hold; anything else in them is of another namespace. */
const ITEMS: Readonly<Record<string, string>> = {
  components: 'component',
  services: 'service',
  vulnerabilities: 'vulnerability',
  dependencies: 'dependency',
  citations: 'citation',
};
const LICENSES = ['license', 'expression', 'expression-detailed'];
const MOST = 200_000;

/** CycloneDX 1.0 to 1.7 in XML, with the vulnerability extension of before 1.4: read into the shape of its JSON. */
export async function readCycloneDxXml(bytes: ByteStream): Promise<Bom> {
  const lists = new Map<string, JsonObject[]>();
  const bom: Record<string, unknown> = {};
  let count = 0;
  await readRecords(bytes, {
    isRecord: (name, path) => (path.length === 2 && ITEMS[path[1] ?? ''] !== undefined) || (path.length === 1 && name === 'metadata'),
    open(name, attributes, path) {
      if (path.length === 0) Object.assign(bom, rootOf(name, attributes));
      else if (path.length === 1 && ITEMS[name] !== undefined && !lists.has(name)) lists.set(name, []);
    },
    record(node, path) {
      if (++count > MOST) throw new ReportFault('the bill of materials has too many parts');
      if (node.name === 'metadata') bom['metadata'] = metadata(node);
      else if (ITEMS[path[1] ?? ''] === node.name) lists.get(path[1] ?? '')?.push(converted(path[1] ?? '', node));
      for (const one of extension(node)) lists.set('vulnerabilities', [...(lists.get('vulnerabilities') ?? []), vulnerability(one)]);
    },
  });
  for (const [name, list] of lists) bom[name] = list;
  return readBom(bom);
}

function rootOf(name: string, attributes: Attributes): JsonObject {
  const space = Object.entries(attributes)
    .map(([key, value]) => (key === 'xmlns' || key.startsWith('xmlns:') ? NAMESPACE.exec(value)?.[1] : undefined))
    .find((found) => found !== undefined);
  if (name !== 'bom' || space === undefined) throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <bom> of CycloneDX`);
  const serial = attributes['serialNumber'];
  return { bomFormat: 'CycloneDX', specVersion: space, ...(serial === undefined ? {} : { serialNumber: serial }) };
}

function converted(list: string, node: XmlNode): JsonObject {
  if (list === 'components') return component(node);
  if (list === 'services') return service(node);
  if (list === 'vulnerabilities') return vulnerability(node);
  if (list === 'dependencies')
    return { ref: node.attributes['ref'], dependsOn: childrenOf(node, 'dependency').map((one) => one.attributes['ref'] ?? '') };
  return citation(node);
}

/** Only what is there: a member that is absent is not a member that is empty. */
function some(entries: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== null));
}

function listOf<Out>(node: XmlNode | null, container: string, item: string, make: (one: XmlNode) => Out): Out[] | undefined {
  const found = child(node, container);
  return found === null ? undefined : childrenOf(found, item).map(make);
}

function component(node: XmlNode): JsonObject {
  const swid = child(node, 'swid');
  const pedigree = child(node, 'pedigree');
  return some({
    type: node.attributes['type'],
    'bom-ref': node.attributes['bom-ref'],
    isExternal: node.attributes['isExternal'] === undefined ? undefined : node.attributes['isExternal'] === 'true',
    name: textOf(node, 'name'),
    version: textOf(node, 'version'),
    versionRange: textOf(node, 'versionRange'),
    purl: textOf(node, 'purl'),
    scope: textOf(node, 'scope'),
    hashes: listOf(node, 'hashes', 'hash', (one) => ({ alg: one.attributes['alg'], content: one.text.trim() })),
    licenses: licenses(node),
    swid: swid === null ? undefined : swid.attributes,
    pedigree: pedigree === null ? undefined : some({ patches: listOf(pedigree, 'patches', 'patch', patch) }),
    properties: properties(node),
    components: listOf(node, 'components', 'component', component),
  });
}

function patch(node: XmlNode): JsonObject {
  const text = child(child(node, 'diff'), 'text');
  return some({
    type: node.attributes['type'],
    diff: text === null ? undefined : { text: attachment(text) },
    resolves: listOf(node, 'resolves', 'issue', (issue) => some({ type: issue.attributes['type'] })),
  });
}

function attachment(text: XmlNode): JsonObject {
  return some({ encoding: text.attributes['encoding'], content: text.text });
}

function licenses(node: XmlNode): JsonObject[] | undefined {
  const found = child(node, 'licenses');
  return found?.children
    .filter((one) => LICENSES.includes(one.name))
    .map((one) => {
      if (one.name !== 'license')
        return { [one.name === 'expression-detailed' ? 'expression-details' : one.name]: one.attributes['expression'] ?? one.text.trim() };
      const text = child(one, 'text');
      const names = [...childrenOf(one, 'id'), ...childrenOf(one, 'name')];
      if (names.length > 1) throw new ReportFault('a license has more than one id or name');
      return {
        license: some({
          id: textOf(one, 'id'),
          name: textOf(one, 'name'),
          text: text === null ? undefined : attachment(text),
          properties: properties(one),
        }),
      };
    });
}

function properties(node: XmlNode): JsonObject[] | undefined {
  return listOf(node, 'properties', 'property', (one) => some({ name: one.attributes['name'], value: one.text }));
}

function metadata(node: XmlNode): JsonObject {
  const own = child(node, 'component');
  return some({
    timestamp: textOf(node, 'timestamp'),
    component: own === null ? undefined : component(own),
    licenses: licenses(node),
    properties: properties(node),
    ...Object.fromEntries(node.children.filter((one) => one.name === 'distribution').map((one) => [one.name, one.text])),
  });
}

function service(node: XmlNode): JsonObject {
  const data = child(node, 'data');
  const flows =
    data === null
      ? undefined
      : [...childrenOf(data, 'classification'), ...childrenOf(data, 'dataflow').flatMap((one) => childrenOf(one, 'classification'))];
  return some({
    'bom-ref': node.attributes['bom-ref'],
    name: textOf(node, 'name'),
    licenses: licenses(node),
    properties: properties(node),
    data: flows?.map((one) => some({ flow: one.attributes['flow'], classification: one.text.trim() })),
    services: listOf(node, 'services', 'service', service),
  });
}

function citation(node: XmlNode): JsonObject {
  const texts = (container: string, item: string): string[] | undefined => listOf(node, container, item, (one) => one.text.trim());
  return some({
    'bom-ref': node.attributes['bom-ref'],
    pointers: texts('pointers', 'pointer'),
    expressions: texts('expressions', 'expression'),
    timestamp: textOf(node, 'timestamp'),
    attributedTo: textOf(node, 'attributedTo'),
    process: textOf(node, 'process'),
  });
}

/** Before 1.4 a component held its vulnerabilities in elements of another namespace. */
function extension(node: XmlNode): XmlNode[] {
  return node.name === 'component' ? childrenOf(child(node, 'vulnerabilities'), 'vulnerability') : [];
}

function vulnerability(node: XmlNode): JsonObject {
  const source = child(node, 'source');
  const analysis = child(node, 'analysis');
  const own = node.attributes['ref'];
  const targets = listOf(node, 'affects', 'target', (one) => ({ ref: textOf(one, 'ref') ?? '' })) ?? [];
  return some({
    id: textOf(node, 'id'),
    source: source === null ? undefined : some({ name: textOf(source, 'name') ?? source.attributes['name'] }),
    ratings: listOf(node, 'ratings', 'rating', rating),
    cwes: listOf(node, 'cwes', 'cwe', (one) => Number(one.text.trim())),
    description: textOf(node, 'description'),
    detail: textOf(node, 'detail'),
    recommendation: textOf(node, 'recommendation'),
    analysis:
      analysis === null
        ? undefined
        : some({ state: textOf(analysis, 'state'), justification: textOf(analysis, 'justification'), detail: textOf(analysis, 'detail') }),
    affects: own === undefined ? targets : [{ ref: own }, ...targets],
    references: listOf(node, 'references', 'reference', (one) => some({ id: textOf(one, 'id') })),
  });
}

function rating(node: XmlNode): JsonObject {
  const score = textOf(node, 'score', 'base') ?? textOf(node, 'score');
  return some({
    severity: textOf(node, 'severity')?.toLowerCase(),
    score: score === null || !/^\d{1,2}(?:\.\d{1,3})?$/.test(score) ? undefined : Number(score),
  });
}
