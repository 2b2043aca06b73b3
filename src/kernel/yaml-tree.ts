import { isAlias, isMap, isScalar, isSeq, Lexer, parseDocument, type Document, type Pair, type ParsedNode, type YAMLError } from 'yaml';
import type { Diagnostic, Locator } from './diagnostic.ts';

/** Nodes after aliases are expanded. A real pipeline has hundreds. */
const MAX_NODES = 50_000;
/** Words and signs of the text, blanks and line ends counted. */
const MAX_TOKENS = 200_000;
const MAX_ALIASES = 1000;
const MAX_DEPTH = 64;
const MAX_ERRORS = 200;

/** A value with the place where it stands. */
export type Located = {
  readonly value: unknown;
  readonly span: Span;
  readonly key: Span | null;
  /** Where the characters of a scalar begin, when its source is its value one to one. */
  readonly text: number | null;
  readonly children: ReadonlyMap<string | number, Located> | null;
  readonly size: number;
};
export type Span = readonly [start: number, end: number];

/** Reads one document into located values and collects what is wrong with it. Used by `yaml.ts` alone. */
export class YamlReader {
  readonly diagnostics: Diagnostic[] = [];
  tree: Located | null = null;
  readonly #file: string;
  readonly #locator: Locator;
  readonly #anchors = new Map<string, Located | 'open'>();
  #nodes = 0;
  #aliases = 0;
  #full = false;

  constructor(file: string, locator: Locator) {
    this.#file = file;
    this.#locator = locator;
  }

  error(start: number, end: number, code: string, message: string, remedy: string): null {
    if (this.diagnostics.length < MAX_ERRORS) {
      this.diagnostics.push({ code, severity: 'error', message, remedy, file: this.#file, range: this.#locator.range(start, end) });
    }
    return null;
  }

  read(source: string): void {
    if (tooMuch(source, this)) return;
    let document: Document.Parsed;
    try {
      // uniqueKeys is quadratic in this parser; `#map` checks the same in one pass.
      document = parseDocument(source, {
        version: '1.2',
        schema: 'core',
        resolveKnownTags: false,
        uniqueKeys: false,
        prettyErrors: false,
        merge: false,
        logLevel: 'error',
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return void this.error(0, 1, 'yaml.too-deep', 'the file is nested too deeply', `Nest at most ${MAX_DEPTH} levels.`);
    }
    // Tags are told with their names by `#node`; every other warning is an error here.
    const warnings = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED');
    for (const error of [...document.errors, ...warnings]) this.#syntax(error, source);
    if (document.directives?.yaml.version !== '1.2') {
      this.error(0, source.indexOf('\n'), 'yaml.version', 'only YAML 1.2 is read', 'Remove the %YAML line.');
    }
    if (this.diagnostics.length > 0) return;
    const contents = document.contents as ParsedNode | null;
    this.tree =
      contents === null ? { value: null, span: [0, 0], key: null, text: null, children: null, size: 1 } : this.#node(contents, null, 0);
  }

  #syntax(error: YAMLError, source: string): void {
    const [start, end] = error.pos;
    const known = WORDS[error.code];
    const message = known?.[0] ?? firstLine(error.message);
    this.error(
      start,
      Math.min(end, source.length),
      `yaml.${error.code.toLowerCase().replaceAll('_', '-')}`,
      message,
      known?.[1] ?? 'Correct the YAML here.',
    );
  }

  #node(node: ParsedNode, key: Span | null, depth: number): Located | null {
    const span: Span = [node.range[0], node.range[1]];
    this.#nodes += 1;
    if (depth > MAX_DEPTH)
      return this.error(...span, 'yaml.too-deep', 'the file is nested too deeply', `Nest at most ${MAX_DEPTH} levels.`);
    if (this.#nodes > MAX_NODES) return this.#tooMuch(span);
    if (isAlias(node)) return this.#alias(node.source, span, key);
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      return this.error(
        ...span,
        'yaml.tag',
        `the tag ${node.tag.slice(0, 80)} is not read here`,
        'Remove the tag and write the value itself.',
      );
    }
    const anchor = node.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const located = isMap(node)
      ? this.#map(node.items as Pair<ParsedNode, ParsedNode | null>[], span, key, depth)
      : isSeq(node)
        ? this.#list(node.items as ParsedNode[], span, key, depth)
        : this.#scalar(node, span, key);
    if (anchor !== undefined && located !== null) this.#anchors.set(anchor, located);
    return located;
  }

  #tooMuch(span: Span): null {
    if (this.#full) return null;
    this.#full = true;
    return this.error(...span, 'yaml.too-much', 'the file expands to too many values', 'Use fewer aliases, or split the file.');
  }

  #alias(name: string, span: Span, key: Span | null): Located | null {
    const target = this.#anchors.get(name);
    if (target === undefined)
      return this.error(
        ...span,
        'yaml.bad-alias',
        `there is no anchor &${name} before this`,
        'Define the anchor above, or write the value out.',
      );
    if (target === 'open') return this.error(...span, 'yaml.alias-cycle', `the alias *${name} contains itself`, 'Write the value out.');
    this.#aliases += 1;
    this.#nodes += target.size;
    if (this.#nodes > MAX_NODES || this.#aliases > MAX_ALIASES) return this.#tooMuch(span);
    return { ...target, key, span };
  }

  #scalar(node: ParsedNode, span: Span, key: Span | null): Located | null {
    if (!isScalar(node)) return null;
    const value = node.value;
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return this.error(...span, 'yaml.lossy-number', 'this number is too large to be read exactly', 'Put it in quotes.');
    }
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
    const start = span[0] + (quoted ? 1 : 0);
    const exact = typeof value === 'string' && span[1] - span[0] - (quoted ? 2 : 0) === value.length;
    return { value, span, key, text: exact ? start : null, children: null, size: 1 };
  }

  #list(items: readonly ParsedNode[], span: Span, key: Span | null, depth: number): Located {
    const value: unknown[] = [];
    const children = new Map<string | number, Located>();
    let size = 1;
    for (const [index, item] of items.entries()) {
      if (this.#full) break;
      const child = this.#node(item, null, depth + 1);
      value.push(child?.value ?? null);
      if (child !== null) children.set(index, child);
      size += child?.size ?? 1;
    }
    return { value, span, key, text: null, children, size };
  }

  #map(items: readonly Pair<ParsedNode, ParsedNode | null>[], span: Span, key: Span | null, depth: number): Located {
    const value: Record<string, unknown> = {};
    const children = new Map<string | number, Located>();
    let size = 1;
    for (const { key: keyNode, value: valueNode } of items) {
      if (this.#full) break;
      const name = this.#key(keyNode);
      if (name === null) continue;
      const keySpan: Span = [keyNode.range[0], keyNode.range[1]];
      if (children.has(name)) {
        this.error(...keySpan, 'yaml.duplicate-key', `the key "${name.slice(0, 80)}" stands twice in this map`, 'Keep one of them.');
        continue;
      }
      const child =
        valueNode === null
          ? { value: null, span: keySpan, key: keySpan, text: null, children: null, size: 1 }
          : this.#node(valueNode, keySpan, depth + 1);
      if (child === null) continue;
      value[name] = child.value;
      children.set(name, child);
      size += child.size + 1;
    }
    return { value, span, key, text: null, children, size };
  }

  #key(node: ParsedNode): string | null {
    const span: Span = [node.range[0], node.range[1]];
    if (!isScalar(node)) return this.error(...span, 'yaml.key', 'a key is a plain word here', 'Write a word as the key.');
    const name = node.value === null ? '' : String(node.source ?? node.value);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, { value: name, span, key: null, text: null, children: null, size: 1 });
    if (name === '<<' && node.type === 'PLAIN')
      return this.error(...span, 'yaml.merge-key', 'merge keys are not part of YAML 1.2', 'Write the keys out, or use a matrix.');
    if (name === '__proto__') return this.error(...span, 'yaml.key', 'this key is reserved', 'Choose another name.');
    if (name === '') return this.error(...span, 'yaml.key', 'a key is empty here', 'Write a word as the key.');
    return name;
  }
}

const CORE_TAGS = new Set(['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`));

const WORDS: Partial<Record<YAMLError['code'], readonly [message: string, remedy: string]>> = {
  TAB_AS_INDENT: ['a tab is used as indentation', 'Indent with spaces.'],
  BAD_INDENT: ['this line is indented differently from its neighbours', 'Align it with the lines of the same list or map.'],
  MULTIPLE_DOCS: ['there is a second document in the file', 'Remove the "---" line and what follows, or put it in a file of its own.'],
  BLOCK_AS_IMPLICIT_KEY: ['a map begins inside a value', 'Put the value in quotes where it holds ": ", or begin the map on its own line.'],
  TAG_RESOLVE_FAILED: ['this tag is not read here', 'Remove the tag and write the value itself.'],
  BAD_ALIAS: [
    'this alias has no anchor before it',
    'Define the anchor above, or write the value out. A value that begins with * needs quotes.',
  ],
  BAD_SCALAR_START: ["a plain value can't begin with this character", 'Put the value in quotes.'],
  RESOURCE_EXHAUSTION: ['the file is nested too deeply', `Nest at most ${MAX_DEPTH} levels.`],
};

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}

// Before the parser, which recurses once per level and spends a microsecond or more per token, even on errors.
function tooMuch(source: string, reader: YamlReader): boolean {
  const run = /(?:[[{][ \t]*){100}|(?:[-?:][ \t]+){200}/.exec(source);
  if (run !== null) {
    reader.error(run.index, run.index + 20, 'yaml.too-deep', 'the file is nested too deeply', `Nest at most ${MAX_DEPTH} levels.`);
    return true;
  }
  let tokens = 0;
  for (const _ of new Lexer().lex(source)) {
    tokens += 1;
    if (tokens <= MAX_TOKENS) continue;
    reader.error(0, 1, 'yaml.too-much', 'the file holds too many values', 'Split it.');
    return true;
  }
  return false;
}
