import type { Envelope } from '../../kernel/dsse.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Floor, Tx } from '../../platform/floor.ts';

/** A connection that can be promoted to. `vendor` decides how. */
export type RegistryPlace = { readonly id: string; readonly name: string; readonly vendor: string };

/** What is promoted, and to where. */
export type PromotionJob = {
  readonly org: string;
  readonly connectionId: string;
  readonly repository: string;
  readonly tag: string | null;
  readonly version: string | null;
  readonly artifact: {
    readonly digest: Digest;
    readonly name: string;
    readonly size: number;
    /** False: it lies in a registry at `reference`, and its digest is that of its manifest. */
    readonly kept: boolean;
    readonly reference: string | null;
  };
  readonly source: { readonly repository: string | null; readonly commit: string | null };
};

/** A signed statement that goes along. `envelope` is the blob of exactly these bytes. */
export type Carried = {
  readonly predicateType: string;
  readonly envelope: Digest;
  readonly value: Envelope;
  /** The bytes are a Sigstore bundle around the envelope, as it was handed in. */
  readonly bundle?: boolean;
};
/** A document that goes along under its own media type: the SBOM. */
export type CarriedDocument = { readonly mediaType: string; readonly digest: Digest; readonly size: number };

export type Copied = {
  /** What the registry calls it: for an image and for bytes in an OCI registry the digest of the manifest. */
  readonly manifest: Digest | null;
  /** How many statements and documents lie beside it there. */
  readonly carried: number;
};

/**
 * What promotions need of registries. Lifecycle: `place` when a destination is set; then for each promotion `location`,
 * before anything is signed, and `copy`, which may be begun again at any point and changes nothing that is right already.
 * `copy` calls `beforeTag` when all bytes are there and verified, and names nothing where that throws; afterwards it has
 * read everything back from outside. Problems of codes that `mayPass` are tried again.
 */
export type RegistryPort = {
  /** The connection by name and whether `repository` can be one of its; throws a Problem where not. */
  place(tx: Tx, connection: string, repository: string): Promise<RegistryPlace>;
  /** Where it will lie, as a URI. Asks the source for what it must know and changes nothing. */
  location(floor: Floor, job: PromotionJob): Promise<string>;
  copy(
    floor: Floor,
    job: PromotionJob,
    along: { readonly statements: readonly Carried[]; readonly documents: readonly CarriedDocument[] },
    beforeTag: () => Promise<void>,
  ): Promise<Copied>;
};
