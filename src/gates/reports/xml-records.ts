import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';
import type { Attributes } from './xml.ts';
import { readXml } from './xml.ts';

/** One element with everything inside it. `text` is its own text, in pieces joined, at most 64 KB of it. */
export type XmlNode = {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: XmlNode[];
  text: string;
};

/** What a format does with a document that is a list of records inside a frame. `path` names the elements around. */
export type RecordHandler = {
  /** Whether this element is a record: it and all inside are then given to `record` at its end. */
  isRecord(name: string, path: readonly string[]): boolean;
  record(node: XmlNode, path: readonly string[]): void;
  open?(name: string, attributes: Attributes, path: readonly string[]): void;
  close?(name: string, path: readonly string[]): void;
};

const TEXT = 65_536;
const MOST_NODES = 100_000;

/** Reads a document record by record: in memory is never more than one. Same limits as `readXml`. */
export async function readRecords(bytes: ByteStream, handler: RecordHandler, doctypes: readonly RegExp[] = []): Promise<void> {
  const path: string[] = [];
  const open: XmlNode[] = [];
  let nodes = 0;
  let size = 0;
  await readXml(
    bytes,
    {
      open(name, attributes) {
        if (open.length === 0 && !handler.isRecord(name, path)) handler.open?.(name, attributes, path);
        else {
          if (open.length === 0) nodes = size = 0;
          if (++nodes > MOST_NODES) throw new ReportFault(`one <${(open[0]?.name ?? name).slice(0, 60)}> holds too many elements`);
          const node: XmlNode = { name, attributes, children: [], text: '' };
          open.at(-1)?.children.push(node);
          open.push(node);
        }
        path.push(name);
      },
      text(text) {
        const node = open.at(-1);
        if (node === undefined || node.text.length >= TEXT) return;
        size += text.length;
        if (size > LIMITS.text) throw new ReportFault(`one <${(open[0]?.name ?? '').slice(0, 60)}> is longer than 10 MB`);
        node.text += text.slice(0, TEXT - node.text.length);
      },
      close(name) {
        path.pop();
        const node = open.pop();
        if (node === undefined) handler.close?.(name, path);
        else if (open.length === 0) handler.record(node, path);
      },
    },
    doctypes,
  );
}

/** The first child of this name, or null. */
export function child(node: XmlNode | null | undefined, name: string): XmlNode | null {
  return node?.children.find((one) => one.name === name) ?? null;
}

export function childrenOf(node: XmlNode | null | undefined, name: string): XmlNode[] {
  return node?.children.filter((one) => one.name === name) ?? [];
}

/** The trimmed text of the child that a path of names leads to, or null where there is no such child. */
export function textOf(node: XmlNode | null | undefined, ...path: readonly string[]): string | null {
  let at: XmlNode | null | undefined = node;
  for (const name of path) at = child(at, name);
  return at === null || at === undefined ? null : at.text.trim();
}

/** All elements of these names below `node`, in the order of the document. */
export function below(node: XmlNode, names: ReadonlySet<string>): XmlNode[] {
  return node.children.flatMap((one) => [...(names.has(one.name) ? [one] : []), ...below(one, names)]);
}
