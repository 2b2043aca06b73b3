import { readCheckpoint, type Checkpoint } from '../../kernel/checkpoint.ts';
import { keysAt } from '../../kernel/dsse.ts';
import { verifyConsistency } from '../../kernel/merkle.ts';
import { checked, type Check, type Opened } from './check.ts';

/** The checkpoint of the bundle, signed by a trusted key, for the log and size that the manifest names. */
export function openCheckpoint({ bundle, manifest, trust }: Opened): { readonly checkpoint: Checkpoint | null; readonly check: Check } {
  const read = readCheckpoint(bundle.sections.checkpoint, keysAt(trust.keys, null));
  const no = (why: string) => ({ checkpoint: null, check: { name: 'checkpoint', ok: false, why } });
  if (!read.ok) return no(read.why);
  const { origin, size } = read.checkpoint;
  if (origin !== manifest.origin || size !== manifest.size)
    return no(`it speaks of ${size} entries of ${origin}, the manifest of ${manifest.size} of ${manifest.origin}`);
  return {
    checkpoint: read.checkpoint,
    check: { name: 'checkpoint', ok: true, why: `${size} entries of ${origin}, signed by ${read.keyId.slice(0, 16)}` },
  };
}

/**
 * Whether the log of the bundle continues every checkpoint that was kept outside. This is what shows a log that was cut,
 * rewritten or forked by somebody who holds the signing key.
 *
 * Each kept checkpoint of the same log that isn't newer than the bundle must be proven; newer ones can't be by a file
 * that was made before them. `required` (one that the asker insists on) must be proven in any case.
 */
export function checkHistory(opened: Opened, checkpoint: Checkpoint, required: string | null): Check {
  const kept = [
    ...(opened.trust.checkpoints ?? []).map((note) => ({ note, must: false })),
    ...(required === null ? [] : [{ note: required, must: true }]),
  ];
  if (kept.length === 0)
    return {
      name: 'history',
      ok: true,
      why: 'no checkpoint kept outside was given: a log rewritten by the holder of the key would not show',
    };
  const results = kept.map(({ note, must }) => compare(opened, checkpoint, note, must));
  const wrong = results.filter((result) => result.outcome === 'wrong').map(({ why }) => why);
  const proven = results.filter((result) => result.outcome === 'proven').length;
  if (wrong.length === 0 && proven === 0) wrong.push('none of the checkpoints kept outside could be compared with this bundle');
  return checked(
    'history',
    wrong,
    `continues ${proven} of ${kept.length} checkpoints kept outside; the others are newer, or of another epoch`,
  );
}

type Compared = { readonly outcome: 'proven' | 'not-comparable' | 'wrong'; readonly why: string };

function compare({ bundle, trust }: Opened, checkpoint: Checkpoint, note: string, must: boolean): Compared {
  const read = readCheckpoint(note, keysAt(trust.keys, null));
  if (!read.ok) return { outcome: 'wrong', why: `a checkpoint kept outside is not valid: ${read.why}` };
  const { origin, size, root } = read.checkpoint;
  const incomparable = (why: string): Compared => ({ outcome: must ? 'wrong' : 'not-comparable', why });
  if (origin !== checkpoint.origin) return incomparable(`the checkpoint kept outside is of ${origin}, another log or epoch`);
  if (size > checkpoint.size)
    return incomparable(`the checkpoint kept outside has ${size} entries, the bundle only ${checkpoint.size}: ask for a newer bundle`);
  if (size === 0) return { outcome: 'not-comparable', why: 'an empty log says nothing' };
  const proof =
    size === checkpoint.size ? [] : bundle.sections.consistency.find((one) => one.origin === origin && one.size === size)?.proof;
  if (proof === undefined)
    return {
      outcome: 'wrong',
      why: `the bundle has no proof that its log continues the checkpoint of ${size} entries: ask for it with ?since=${size}`,
    };
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
  if (verifyConsistency(size, checkpoint.size, hashes, root, checkpoint.root)) return { outcome: 'proven', why: '' };
  return { outcome: 'wrong', why: `the log does not continue the checkpoint of ${size} entries kept outside: it was rewritten or forked` };
}
