import { z } from 'zod';
import { isDigest, type Digest } from '../kernel/digest.ts';
import type { DatedKey } from '../kernel/dsse.ts';
import { Problem } from '../kernel/problem.ts';
import type { Floor } from '../platform/floor.ts';
import { evidenceKeys, sealEvidence } from '../platform/keys/signing.commands.ts';
import { anchorCheckpoints, consistencyProofs, inclusionProofs, positionsOf, whenPlaced } from '../platform/ledger/ledger.queries.ts';
import type { SignedCheckpoint } from '../platform/ledger/ledger.store.ts';
import { decisionsOf, factsOfRelease } from './bundle.queries.ts';
import { noSuchRelease, storyTooLong } from './evidence.problems.ts';
import { leavesByRow } from './facts.queries.ts';
import { bundleOf, manifestOf, policiesIn } from './pack.ts';
import { namedAttestations, readAttestation } from './verify/blobs.ts';
import type { ReadFact } from './verify/check.ts';
import { inputDigestsOf, pinnedDecisions } from './verify/decisions.ts';
import { contextOf, partsOf, promotedIn, wrongStatement, type PromotedFact } from './verify/promotions.ts';
import { absentEvidence, artifactsOf, listMissing } from './verify/expected.ts';
import { MANIFEST_TYPE, type Leaf, type Sections } from './verify/format.ts';

/** How far back anchor checkpoints reach; trust files carry the same ones. */
export const ANCHOR_DAYS = 400;
/** A larger blob is left out and listed as missing. Decision inputs and attestations are far smaller. */
const MAX_BLOB = 8 * 1024 ** 2;

type Story = {
  readonly leaves: readonly { readonly id: string; readonly text: string; readonly leaf: Leaf }[];
  readonly decisions: Sections['decisions'];
  readonly attestations: Sections['attestations'];
  /** `[artifact, digest]` of the SBOMs that attestations refer to. */
  readonly documents: readonly (readonly [string, string])[];
  readonly promoted: readonly PromotedFact[];
};

/**
 * Makes the evidence bundle of a release: reads its story, waits until a signed checkpoint covers every fact of it,
 * proves each, and adds what the decisions read. `since` are sizes of checkpoints that the asker keeps. What can't be
 * had is listed as missing in the signed manifest. Throws `evidence.no-such-release`, `ledger.not-placed`.
 */
export async function makeBundle(floor: Floor, org: string, release: string, since: readonly number[]): Promise<Uint8Array> {
  const story = await readStory(floor, org, release);
  const ids = story.leaves.map(({ id }) => id);
  const checkpoint = await whenPlaced(floor, org, ids);
  const { facts, consistency, madeAt } = await floor.db.read(org, async (tx) => {
    const positions = await positionsOf(tx, ids);
    const placed = story.leaves
      .map(({ id, text }) => ({ position: positions.get(id) ?? -1, text }))
      .sort((a, b) => a.position - b.position);
    const proofs = await inclusionProofs(
      tx,
      placed.map(({ position }) => position),
      checkpoint.size,
    );
    const facts = placed.map(({ position, text }, index) => ({ position, leaf: text, proof: (proofs[index] ?? []).map(base64) }));
    return { facts, consistency: await proveHistory(floor, checkpoint, since), madeAt: await tx.now() };
  });
  const keys = await floor.db.read(org, evidenceKeys);
  const { blobs, why } = withoutRefused(keys, story, await readBlobs(floor, story));
  const policies = policiesOf(story, blobs);
  const sections: Sections = {
    checkpoint: checkpoint.note,
    consistency,
    facts,
    attestations: story.attestations,
    decisions: story.decisions,
    policies,
    blobs,
  };
  const missing = listMissing(absentFrom(keys, release, sections), (what) => why.get(what) ?? 'it was not found when the bundle was made');
  const packing = { release, origin: checkpoint.origin, size: checkpoint.size, madeAt, sections, missing };
  return bundleOf(packing, await sealEvidence(floor, MANIFEST_TYPE, manifestOf(packing)));
}

async function readStory(floor: Floor, org: string, release: string): Promise<Story> {
  return floor.db.read(org, async (tx) => {
    const found = await factsOfRelease(tx, release);
    if (found === null) throw noSuchRelease({ release });
    if (found.cut) throw storyTooLong({ release });
    const leaves = (await leavesByRow(tx, found.rows)).map(({ id, leaf }) => {
      const text = Buffer.from(leaf).toString('utf8');
      return { id, text, leaf: JSON.parse(text) as Leaf };
    });
    const facts = leaves.map(({ leaf }, position) => ({ position, leaf }));
    const pinned = new Set(pinnedDecisions(facts).map(({ id }) => id));
    const decisions = (await decisionsOf(tx, release))
      .filter(({ id }) => pinned.has(id))
      .map(({ id, answer }) => ({ decision: id, answer }));
    const [attestations, documents] = [attestationsIn(facts, release), documentsIn(facts, release)];
    return { leaves, decisions, attestations, documents, promoted: promotedIn(facts) };
  });
}

const signedSchema = z.object({ digest: z.string(), attestations: z.array(z.object({ kind: z.string(), document: z.string() })) });

/** The attestations of the release's artifacts, as the ledger names them. */
function attestationsIn(facts: readonly ReadFact[], release: string): Sections['attestations'] {
  const created = facts.find(({ leaf }) => leaf.type === 'release.created' && leaf.subject === release);
  const artifacts = new Set(created === undefined ? [] : artifactsOf(created.leaf));
  const named = [...namedAttestations(facts).keys()].sort().map((line) => line.split(' ') as [string, string]);
  return named.filter(([artifact]) => artifacts.has(artifact)).map(([artifact, blob]) => ({ artifact, blob }));
}

/** The SBOMs of the release's artifacts, as the facts that made them name them. */
function documentsIn(facts: readonly ReadFact[], release: string): [string, string][] {
  const artifacts = new Set(attestationsIn(facts, release).map(({ artifact }) => artifact));
  return facts.flatMap(({ leaf }) => {
    const body = leaf.type === 'artifact.signed' ? signedSchema.safeParse(leaf.body).data : undefined;
    if (body === undefined || !artifacts.has(body.digest)) return [];
    return body.attestations
      .filter(({ kind, document }) => kind === 'sbom' && isDigest(document))
      .map(({ document }): [string, string] => [body.digest, document]);
  });
}

/** Proofs from the anchors that trust files carry, and from the sizes that were asked for. */
async function proveHistory(floor: Floor, checkpoint: SignedCheckpoint, since: readonly number[]): Promise<Sections['consistency']> {
  return floor.db.read('*', async (tx) => {
    const anchors = (await anchorCheckpoints(tx, ANCHOR_DAYS)).filter(({ origin }) => origin === checkpoint.origin).map(({ size }) => size);
    const sizes = [...new Set([...anchors, ...since])].filter((size) => size > 0 && size < checkpoint.size).sort((a, b) => a - b);
    const proofs = await consistencyProofs(tx, sizes, checkpoint.size);
    return sizes.map((size, index) => ({ origin: checkpoint.origin, size, proof: (proofs[index] ?? []).map(base64) }));
  });
}

type ReadBlobs = { readonly blobs: Record<string, string>; readonly why: Map<string, string> };

async function readBlobs(floor: Floor, story: Story): Promise<ReadBlobs> {
  const blobs: Record<string, string> = {};
  const why = new Map<string, string>();
  const wanted = new Map<string, string[]>(story.attestations.map(({ blob }) => [blob, []]));
  for (const { decision, answer } of story.decisions) {
    for (const [name, digest] of inputDigestsOf(answer))
      wanted.set(digest, [...(wanted.get(digest) ?? []), `the input "${name}" of ${decision}`]);
  }
  for (const [artifact, digest] of story.documents)
    wanted.set(digest, [...(wanted.get(digest) ?? []), `the document ${digest} of ${artifact}`]);
  for (const { what, blob } of story.promoted.flatMap((one) => Object.values(partsOf(one))))
    if (isDigest(blob)) wanted.set(blob, [...(wanted.get(blob) ?? []), what]);
  for (const [digest, names] of wanted) {
    try {
      blobs[digest] = base64(await floor.blobs.read(digest as Digest, MAX_BLOB));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      for (const name of names) why.set(name, error.sentence);
    }
  }
  return { blobs, why };
}

/**
 * Leaves out what was signed of a promotion where the verifier would refuse it: its key was revoked before the ledger
 * told of the promotion, say. It is listed as missing with what is wrong, and the rest of the evidence stays good.
 */
function withoutRefused(keys: readonly DatedKey[], story: Story, { blobs, why }: ReadBlobs): ReadBlobs {
  const known = contextOf(story.leaves.map(({ leaf }, position) => ({ position, leaf })));
  for (const fact of story.promoted) {
    for (const part of Object.values(partsOf(fact))) {
      const wrong = wrongStatement({ sections: { blobs }, keys }, fact, part, known);
      if (wrong === null) continue;
      delete blobs[part.blob];
      why.set(part.what, wrong);
    }
  }
  return { blobs, why };
}

function policiesOf(story: Story, blobs: Readonly<Record<string, string>>): Sections['policies'] {
  const inputs = story.decisions.flatMap(({ answer }) => {
    const text = blobs[inputDigestsOf(answer).get('gates') ?? ''];
    return text === undefined ? [] : [JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as unknown];
  });
  return [...policiesIn(inputs)].map(([digest, resolved]) => ({ digest, resolved })).sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** What the verifier will find absent: asked with the verifier's own eyes, our keys as trust. */
function absentFrom(keys: readonly DatedKey[], release: string, sections: Sections): string[] {
  const facts = sections.facts.map(({ position, leaf }) => ({ position, leaf: JSON.parse(leaf) as Leaf }));
  return absentEvidence(release, facts, sections, (artifact, blob) => {
    const read = readAttestation({ sections, keys }, artifact as Digest, blob, namedAttestations(facts));
    return read.ok ? read : null;
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
