import type { JsonObject } from './json.ts';
import type { ByteStream, Contents } from './model.ts';
import type { Attributes } from './xml.ts';

/** What a report speaks of. */
export const TOPICS = ['tests', 'coverage', 'findings', 'sbom'] as const;
export type Topic = (typeof TOPICS)[number];

/** What a reader is told beside the bytes: how many of the tests that did not pass are wanted in words. */
export type Wanted = { readonly failures: number };

/** The beginning of an XML document: its root, and the first elements inside. */
export type XmlHead = {
  readonly root: string;
  readonly attributes: Attributes;
  /** The namespace of the root, or empty. */
  readonly namespace: string;
  /** The names of the elements that follow, as far as the first bytes show them. */
  readonly inside: readonly string[];
};

/** The first line or lines of a text that is neither XML nor JSON. */
export type TextHead = { readonly text: string; readonly lines: readonly string[] };

type Named = { readonly id: string; readonly topics: readonly Topic[] };

/** A format of XML, recognised by the elements at its beginning. */
export type XmlFormat = Named & {
  readonly is: (head: XmlHead) => boolean;
  readonly read: (bytes: ByteStream, wanted: Wanted) => Promise<Contents>;
};

/** A format of lines. */
export type TextFormat = Named & {
  readonly is: (head: TextHead) => boolean;
  readonly read: (bytes: ByteStream, wanted: Wanted) => Promise<Contents>;
};

/** A format of JSON: one document, a list, or several documents one after another. `first` is the document, or the first of several. */
export type JsonDocument = { readonly values: readonly unknown[]; readonly root: JsonObject; readonly list: readonly unknown[] | null };
export type JsonFormat = Named & {
  readonly is: (document: JsonDocument) => boolean;
  readonly read: (document: JsonDocument, wanted: Wanted) => Contents;
};
