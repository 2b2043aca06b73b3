import type { ByteStream, Contents } from './model.ts';
import { ReportFault } from './model.ts';
import { SpdxDocument, type SpdxPackage } from './spdx.ts';
import type { Attributes, XmlHandler } from './xml.ts';
import { readXml } from './xml.ts';

type Reference = { category: string | null; type: string | null; locator: string | null };
const TEXT = 2000;

/**
 * SPDX as RDF/XML (SPDX 2.3, annex on RDF): every `<Package>`, wherever a relationship or the document describes it. A
 * package that is only pointed at (`rdf:resource`) has no element of its own and is not counted twice.
 */
export async function readSpdxRdf(bytes: ByteStream): Promise<Contents> {
  const reader = new Reader();
  await readXml(bytes, reader);
  return reader.document.contents;
}

class Reader implements XmlHandler {
  readonly document = new SpdxDocument();
  readonly #path: string[] = [];
  readonly #packages: SpdxPackage[] = [];
  #reference: Reference | null = null;
  #text = '';

  open(name: string, attributes: Attributes): void {
    const about = attributes['rdf:about'] ?? attributes['rdf:resource'] ?? null;
    // `.../referenceCategory_security`, `.../references/purl`: what counts is behind the last mark.
    const last = about?.split(/[#/]/).at(-1) ?? null;
    this.#path.push(name);
    this.#text = '';
    if (name === 'Package') this.#packages.push({ name: null, version: null, references: [] });
    else if (name === 'ExternalRef') this.#reference = { category: null, type: null, locator: null };
    else if (this.#reference !== null && name === 'referenceCategory') this.#reference.category = last?.replace(/^.*_/, '') ?? null;
    else if (this.#reference !== null && (name === 'referenceType' || name === 'ReferenceType'))
      this.#reference.type = last ?? this.#reference.type;
  }

  text(text: string): void {
    if (this.#text.length < TEXT) this.#text += text.slice(0, TEXT - this.#text.length);
  }

  close(name: string): void {
    this.#path.pop();
    const holder = this.#path.at(-1);
    const text = this.#text.trim();
    this.#text = '';
    const open = this.#packages.at(-1);
    if (name === 'specVersion' && holder === 'SpdxDocument') this.document.version = text;
    else if (name === 'name' && holder === 'Package' && open !== undefined) open.name = text;
    else if (name === 'versionInfo' && holder === 'Package' && open !== undefined) open.version = text;
    else if (name === 'referenceLocator' && this.#reference !== null) this.#reference.locator = text;
    else if (name === 'ExternalRef' && this.#reference !== null) {
      if (open !== undefined && open.references.length < 10_000) open.references.push(this.#reference);
      this.#reference = null;
    } else if (name === 'Package') {
      const done = this.#packages.pop();
      if (done === undefined) throw new ReportFault('a package ends that did not begin');
      this.document.add(done);
    }
  }
}
