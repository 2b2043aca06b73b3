import { SaxesParser } from 'saxes';
import type { ByteStream } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';
import { decodeText } from './text.ts';

export type Attributes = Readonly<Record<string, string>>;

/** What a format does with elements as they come. Names are local: without their namespace's prefix. */
export type XmlHandler = {
  open(name: string, attributes: Attributes, depth: number): void;
  close(name: string, depth: number): void;
  /** Text and CDATA of the element that is open, in pieces. */
  text?(text: string): void;
};

const MAX_ATTRIBUTES = 1_000;
/** References (`&amp;`) in one text or attribute: each costs as much as a hundred letters. */
const MAX_REFERENCES = 500_000;

/**
 * The one place that reads XML. Nothing outside the document is ever fetched, no entity beyond XML's own five exists,
 * and a document type declaration is refused, but for those that `doctypes` lists word for word (Cobertura writes
 * the address of its DTD into every report; it is read over, never loaded). A document that is not well-formed to its
 * last tag is refused as a whole, with line and column.
 */
export async function readXml(bytes: ByteStream, handler: XmlHandler, doctypes: readonly RegExp[] = []): Promise<void> {
  const reader = new Reader(handler, doctypes);
  let begun = false;
  for await (const text of decodeText(bytes)) {
    // Some tools write blank lines before the declaration.
    const chunk = begun ? text : text.replace(/^\uFEFF/, '').trimStart();
    if (chunk === '') continue;
    begun = true;
    reader.write(chunk);
  }
  if (!begun) throw new ReportFault('the file is empty', 'empty');
  reader.close();
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: false, position: true });
  #depth = 0;
  #sinceEvent = 0;
  #references = 0;
  #sawRoot = false;

  constructor(handler: XmlHandler, doctypes: readonly RegExp[]) {
    const parser = this.#parser;
    const on = <Args extends unknown[]>(work: (...args: Args) => void) => {
      return (...args: Args): void => {
        this.#sinceEvent = 0;
        this.#references = 0;
        work(...args);
      };
    };
    parser.on(
      'doctype',
      on((text: string) => {
        if (!doctypes.some((known) => known.test(text.trim())))
          throw new ReportFault('the file has a document type declaration (DTD), which is refused');
      }),
    );
    parser.on(
      'opentagstart',
      on(() => undefined),
    );
    parser.on(
      'opentag',
      on((tag: { name: string; attributes: Record<string, string> }) => {
        if (++this.#depth > LIMITS.depth) throw new ReportFault(`elements are nested deeper than ${LIMITS.depth}`);
        if (Object.keys(tag.attributes).length > MAX_ATTRIBUTES) throw new ReportFault('an element has too many attributes');
        this.#sawRoot = true;
        handler.open(local(tag.name), tag.attributes, this.#depth);
      }),
    );
    parser.on(
      'closetag',
      on((tag: { name: string }) => handler.close(local(tag.name), this.#depth--)),
    );
    parser.on(
      'text',
      on((text: string) => handler.text?.(text)),
    );
    parser.on(
      'cdata',
      on((text: string) => handler.text?.(text)),
    );
    parser.on(
      'comment',
      on(() => undefined),
    );
    parser.on(
      'processinginstruction',
      on(() => undefined),
    );
    parser.on(
      'xmldecl',
      on(() => undefined),
    );
  }

  write(chunk: string): void {
    // In pieces, so that what has no end (an attribute, a comment) is noticed before it fills the memory.
    for (let at = 0; at < chunk.length; at += 65_536) {
      const piece = chunk.slice(at, at + 65_536);
      this.#sinceEvent += piece.length;
      if (this.#sinceEvent > LIMITS.text) throw new ReportFault('a text or attribute is longer than 10 MB');
      for (let next = piece.indexOf('&'); next >= 0; next = piece.indexOf('&', next + 1)) this.#references++;
      if (this.#references > MAX_REFERENCES) throw new ReportFault(`a text or attribute holds more than ${MAX_REFERENCES} references`);
      this.#run(() => this.#parser.write(piece));
    }
  }

  close(): void {
    this.#run(() => this.#parser.close());
    if (!this.#sawRoot) throw new ReportFault('the file has no XML element', 'empty');
  }

  #run(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof ReportFault) throw error;
      const { line, column } = this.#parser;
      const words = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
      throw new ReportFault(`not well-formed XML: ${words}`, 'unreadable', { place: { line, column: column + 1 } });
    }
  }
}

function local(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
