import type { TextHead, XmlHead } from './format.ts';

const ATTRIBUTE = /([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const ELEMENT = /<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/g;

/** How a text looks from its first characters. */
export function shapeOf(head: string): 'xml' | 'json' | 'text' {
  const text = head.replace(/^\uFEFF/, '').trimStart();
  // HTML is no XML: what is read of it is read as text.
  if (/^(?:<!doctype html|<html)/i.test(text)) return 'text';
  if (/^null\s*$/.test(text)) return 'json';
  return text.startsWith('<') ? 'xml' : text.startsWith('{') || text.startsWith('[') ? 'json' : 'text';
}

/** The root of an XML document and what follows it, from its first characters; null where they show no element. */
export function xmlHead(head: string): XmlHead | null {
  // A document type may hold brackets and quotes; only its name counts here, the reader judges the rest.
  const text = head
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .replace(/<\?[\s\S]*?(?:\?>|$)/g, '')
    .replace(/<!DOCTYPE[^[>]*(?:\[[^\]]*\]\s*)?>/, '')
    .replace(/<!\[CDATA\[[\s\S]*?(?:\]\]>|$)/g, '');
  const elements = [...text.matchAll(ELEMENT)].slice(0, 60);
  const [first] = elements;
  if (first === undefined) {
    const name = /<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]/.exec(text)?.[1];
    return name === undefined ? null : { root: name, attributes: {}, namespace: '', inside: [] };
  }
  const [, prefix = '', root = '', rest = ''] = first;
  const attributes: Record<string, string> = {};
  for (const [, name = '', double, single] of rest.matchAll(ATTRIBUTE)) attributes[name] = double ?? single ?? '';
  const namespace = attributes[prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`] ?? '';
  return { root, attributes, namespace, inside: elements.slice(1).map((one) => one[2] ?? '') };
}

/** The first lines of a text that are not empty. */
export function textHead(head: string): TextHead {
  const text = head.replace(/^\uFEFF/, '').trimStart();
  return {
    text,
    lines: text
      .split(/\r?\n/, 60)
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .slice(0, 30),
  };
}
