import { system } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { Problem } from '../../kernel/problem.ts';
import { plus } from '../../kernel/time.ts';
import type { Floor, Reaction, Sweeper, Task } from '../../platform/floor.ts';
import { lockArtifact } from '../artifact.store.ts';
import { advisoryEnded, advisoryMatched } from '../artifacts.events.ts';
import { attestationsOf } from '../artifacts.queries.ts';
import { parsePurl } from '../sbom/package-url.ts';
import { readSbom, type Component } from '../sbom/read.ts';
import { keepContents, unreadContents } from '../health/contents.store.ts';
import type { ComponentRow } from './advisory.store.ts';
import { digestsWith, endMatch, factsOf, keepComponents, standingOf, writeMatch } from './advisory.store.ts';
import { REMATCH_TASK } from './import.commands.ts';
import { indexAdvisories, keyOf, matchPurls, subjectOf } from './match.ts';

const SBOM_BYTES = 64 * 1024 ** 2;
const PAGE = 100;
const LOST_AFTER_MS = 60_000;
/** Packages of one artifact that are kept with their licences; of more nothing is said. */
const MOST_PACKAGES = 20_000;

/** An artifact whose SBOM was signed is matched with every advisory that we have. */
export const matchSigned: Reaction = {
  name: 'artifacts.match-signed',
  run: async (floor, fact) => {
    const { digest } = fact.body as { digest?: string };
    if (digest === undefined) return;
    await keepParts(floor, fact.org, digest);
    await matchDigest(floor, fact.org, digest);
  },
};

/** Reads the SBOMs of an artifact and keeps what they name, for the advisories that come later. */
async function keepParts(floor: Floor, org: string, digest: string): Promise<void> {
  const attested = (await floor.db.read(org, (tx) => attestationsOf(tx, digest))).filter((one) => one.kind === 'sbom');
  const documents = new Map(attested.map(({ document, incomplete }) => [document as Digest, incomplete]));
  for (const [document, incomplete] of documents) {
    const text = await readDocument(floor, document);
    const read = text === null ? null : (readSbom(text)?.components ?? null);
    const components = read ?? [];
    const packages = read === null || read.length > MOST_PACKAGES ? null : read.map(keptOf);
    const rows = new Map<string, ComponentRow>();
    for (const purl of components.flatMap((one) => one.purl ?? [])) {
      const parsed = parsePurl(purl, true);
      const subject = parsed === null ? null : subjectOf(parsed);
      if (subject !== null) rows.set(purl, { purl, package: keyOf(subject.ecosystem, subject.name) });
    }
    await floor.db.tx(org, async (tx) => {
      const artifact = await lockArtifact(tx, digest);
      if (artifact === null) return;
      await keepComponents(tx, artifact.id, digest, [...rows.values()]);
      await keepContents(tx, { artifactId: artifact.id, digest, document, packages, incomplete });
    });
  }
}

/** What somebody else's SBOM holds that no text of PostgreSQL can hold, is not kept. */
function keptOf(component: Component): Component {
  const clean = Object.entries(component).map(([key, value]): [string, unknown] => [
    key,
    typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value,
  ]);
  return Object.fromEntries(clean) as Component;
}

/** Reads what an artifact is made of where that was not done yet, and matches it. */
export const contentsTask: Task = {
  name: 'artifacts.read-contents',
  run: async (floor, payload, org) => {
    const { digest } = payload;
    if (typeof digest !== 'string') return;
    await keepParts(floor, org, digest);
    await matchDigest(floor, org, digest);
  },
};

/** SBOMs that nobody has read: those of before their contents were kept, and where a wake was lost. */
export const contentsSweeper: Sweeper = {
  name: 'artifacts.unread-contents',
  sweep: async (tx) => {
    for (const { digest, org } of await unreadContents(tx, plus(await tx.now(), -LOST_AFTER_MS), PAGE))
      await tx.wake(contentsTask.name, `${org}:${digest}`, { digest, org });
  },
};

/** Null: the bytes are gone or damaged, and the scrub says so elsewhere. */
async function readDocument(floor: Floor, document: Digest): Promise<string | null> {
  try {
    return Buffer.from(await floor.blobs.read(document, SBOM_BYTES)).toString('utf8');
  } catch (error) {
    if (error instanceof Problem && error.code.startsWith('platform.blob-')) return null;
    throw error;
  }
}

/** Compares an artifact with the advisories as they are now; what is new, and what no longer stands, becomes a fact. */
export async function matchDigest(floor: Floor, org: string, digest: string): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    // One at a time for an artifact: two imports at once must not write over each other.
    const artifact = await lockArtifact(tx, digest);
    if (artifact === null) return;
    const { components, advisories } = await factsOf(tx, digest);
    const matches = matchPurls(
      components.map((one) => one.purl),
      indexAdvisories(advisories),
    );
    const standing = new Map((await standingOf(tx, digest)).map((row) => [`${row.advisory_id} ${row.purl}`, row]));
    const at = await tx.now();
    const said = { subject: artifact.id, actor: system(org, 'artifacts') };
    for (const match of matches) {
      const before = standing.get(`${match.advisory} ${match.purl}`);
      standing.delete(`${match.advisory} ${match.purl}`);
      if (before !== undefined && before.ended_at === null && before.verdict === match.verdict) continue;
      await writeMatch(tx, artifact.id, digest, match, at);
      await tx.record(advisoryMatched, { ...said, body: { digest, advisory: match.advisory, purl: match.purl, verdict: match.verdict } });
    }
    for (const { advisory_id: advisory, purl, ended_at: ended } of standing.values()) {
      if (ended !== null) continue;
      await endMatch(tx, digest, advisory, purl, at);
      await tx.record(advisoryEnded, { ...said, body: { digest, advisory, purl } });
    }
    await tx.notify('artifact', artifact.id);
  });
}

/** After an import: every artifact that holds one of the packages is matched again. */
export const rematchTask: Task = {
  name: REMATCH_TASK,
  run: async (floor, payload, org) => {
    const packages = Array.isArray(payload['packages'])
      ? payload['packages'].filter((name): name is string => typeof name === 'string')
      : [];
    for (let after = ''; ;) {
      const digests = await floor.db.read(org, (tx) => digestsWith(tx, packages, after, PAGE));
      for (const digest of digests) await matchDigest(floor, org, digest);
      if (digests.length < PAGE) return;
      after = digests.at(-1) ?? after;
    }
  },
};
