import { inOrder, locate, type Diagnostic, type Locator, type Range } from './diagnostic.ts';
import { YamlReader, type Located } from './yaml-tree.ts';

/**
 * The one place that reads YAML that people wrote: YAML 1.2, core schema, one document. What is dangerous or means two
 * things to two readers is refused: more than 1 MB, alias bombs, duplicate keys, tags, merge keys, other versions.
 */
export type YamlDocument = {
  readonly file: string;
  readonly source: string;
  /** Plain data; keys are strings. */
  readonly value: unknown;
  /** Where `path` stands: the value where it is short, else its key; the nearest existing parent where it is absent. */
  at(path: YamlPath): Range;
  /** Where the key of `path` stands; as {@link YamlDocument.at} where it has none. */
  keyAt(path: YamlPath): Range;
  /**
   * The range of `length` characters from `offset` inside the text at `path`, exact for plain and quoted scalars
   * without escapes, else the whole value: for errors inside an expression.
   */
  inside(path: YamlPath, offset: number, length: number): Range;
  /** An error at `path`, ready to be listed. */
  error(path: YamlPath, code: string, message: string, remedy: string): Diagnostic;
};

export type YamlPath = readonly (string | number)[];
export type YamlRead =
  { readonly ok: true; readonly document: YamlDocument } | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const MAX_BYTES = 1024 * 1024;

/** Reads `source`; every syntax error of the file is told at once. `file` is only for the messages. */
export function readYaml(source: string, file: string): YamlRead {
  const large = source.length > MAX_BYTES || Buffer.byteLength(source) > MAX_BYTES;
  const locator = locate(large ? '' : source);
  const reader = new YamlReader(file, locator);
  if (large) reader.error(0, 0, 'yaml.too-large', 'the file is larger than 1 MB', 'Split it, or move scripts into files of their own.');
  else reader.read(source);
  const tree = reader.tree;
  if (tree === null || reader.diagnostics.length > 0) return { ok: false, diagnostics: inOrder(reader.diagnostics) };
  return { ok: true, document: documentOf(file, source, locator, tree) };
}

function documentOf(file: string, source: string, locator: Locator, tree: Located): YamlDocument {
  const find = (path: YamlPath): { node: Located; whole: boolean } => {
    let node = tree;
    for (const step of path) {
      const next = node.children?.get(step);
      if (next === undefined) return { node, whole: false };
      node = next;
    }
    return { node, whole: true };
  };
  const best = ({ key, span }: Located): Range => {
    const range = locator.range(...span);
    if (range.start.line === range.end.line && range.end.offset > range.start.offset) return range;
    if (key !== null) return locator.range(...key);
    // A whole map without a key of its own (a list item, the document): its first line.
    return locator.range(span[0], Math.min(span[1], span[0] + Math.max(1, locator.line(range.start.line).length - range.start.column + 1)));
  };
  const at = (path: YamlPath): Range => best(find(path).node);
  return {
    file,
    source,
    value: tree.value,
    at,
    keyAt: (path) => {
      const { node, whole } = find(path);
      return whole && node.key !== null ? locator.range(...node.key) : best(node);
    },
    inside: (path, offset, length) => {
      const { node, whole } = find(path);
      return whole && node.text !== null ? locator.range(node.text + offset, node.text + offset + length) : best(node);
    },
    error: (path, code, message, remedy) => ({ code, severity: 'error', message, remedy, file, range: at(path) }),
  };
}
