import type { Bom } from './cyclonedx.ts';
import { checkComponent, checkHeader } from './cyclonedx-rules.ts';
import type { ByteStream } from './model.ts';
import { ReportFault } from './model.ts';
import type { Attributes, XmlHandler } from './xml.ts';
import { readXml } from './xml.ts';

const NAMESPACE = /^http:\/\/cyclonedx\.org\/schema\/bom\/(1\.\d)$/;
const MAX_COMPONENTS = 200_000;

/**
 * CycloneDX in XML: the components. Vulnerabilities are read from JSON only, so a document that lists some is refused:
 * passing over them would hide findings.
 */
export async function readCycloneDxXml(bytes: ByteStream): Promise<Bom> {
  const reader = new Components();
  await readXml(bytes, reader);
  return reader.bom();
}

type Open = {
  readonly depth: number;
  readonly type: string | undefined;
  name: string | null;
  purl: string | null;
  readonly hashes: { alg: string | undefined; content: string }[];
  scope: string | undefined;
};

class Components implements XmlHandler {
  #version = '';
  #listed = false;
  #count = 0;
  #withPurl = 0;
  readonly #path: string[] = [];
  readonly #open: Open[] = [];
  #text = '';

  open(name: string, attributes: Attributes, depth: number): void {
    if (depth === 1) this.#root(name, attributes);
    this.#path.push(name);
    this.#text = '';
    if (name === 'components') this.#listed = true;
    if (name === 'vulnerability' && this.#path[1] === 'vulnerabilities')
      throw new ReportFault('vulnerabilities are read from CycloneDX in JSON, not in XML');
    if (name === 'component' && ['components', 'metadata'].includes(this.#path.at(-2) ?? '')) {
      if (++this.#count > MAX_COMPONENTS) throw new ReportFault('the bill of materials has too many components');
      this.#open.push({ depth, type: attributes['type'], name: null, purl: null, hashes: [], scope: undefined });
    }
    const component = this.#open.at(-1);
    if (name === 'hash' && component !== undefined && depth === component.depth + 2)
      component.hashes.push({ alg: attributes['alg'], content: '' });
  }

  text(text: string): void {
    this.#text += text;
  }

  close(name: string, depth: number): void {
    this.#path.pop();
    const text = this.#text.trim();
    this.#text = '';
    const component = this.#open.at(-1);
    if (component === undefined) return;
    if (depth === component.depth + 1) {
      if (name === 'name') component.name = text;
      if (name === 'purl') component.purl = text;
      if (name === 'scope') component.scope = text;
    }
    const hash = component.hashes.at(-1);
    if (name === 'hash' && depth === component.depth + 2 && hash !== undefined) hash.content = text;
    if (name === 'component' && depth === component.depth) this.#closeComponent(component);
  }

  bom(): Bom {
    if (!this.#listed) throw new ReportFault('the bill of materials lists no components', 'empty');
    return { sbom: { components: this.#count, withPurl: this.#withPurl, specVersion: this.#version } };
  }

  #root(name: string, attributes: Attributes): void {
    const space = Object.entries(attributes)
      .map(([key, value]) => (key === 'xmlns' || key.startsWith('xmlns:') ? NAMESPACE.exec(value)?.[1] : undefined))
      .find((found) => found !== undefined);
    if (name !== 'bom' || space === undefined) throw new ReportFault(`the root element is <${name.slice(0, 60)}>, not <bom> of CycloneDX`);
    this.#version = checkHeader({ specVersion: space, serialNumber: attributes['serialNumber'], timestamp: undefined });
  }

  #closeComponent({ type, name, purl, hashes, scope, depth }: Open): void {
    this.#open.pop();
    checkComponent({
      ...(type === undefined ? {} : { type }),
      ...(name === null ? {} : { name }),
      hashes,
      ...(scope === undefined ? {} : { scope }),
    });
    // The component that the bill is about is not one of its materials.
    if (depth === 3 && this.#path.at(-1) === 'metadata') this.#count--;
    else if (purl !== null && purl !== '') this.#withPurl++;
  }
}
