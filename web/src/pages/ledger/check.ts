import type { getCheckpoint, getTrust, proveConsistency, proveInclusion } from '../../../../src/contract/evidence.ts';
import type { AnswerOf } from '../../../../src/contract/route.ts';
import { call } from '../../api/client.ts';
import { continues, fromBase64, leafHash, readNote, rootByInclusion, same } from './merkle.ts';

/** What a check says, in the marks of verdicts: `allow` holds, `deny` is broken, `unknown` could not be asked. */
export type Finding = { readonly verdict: 'allow' | 'deny' | 'unknown'; readonly text: string; readonly detail: string | null };
type Checkpoint = AnswerOf<typeof getCheckpoint>;
type Kept = { readonly origin: string; readonly size: number; readonly root: string; readonly at: string };

const KEPT = 'yardmaster.checkpoint';

/** The checkpoint that this browser saw last; null where it was never here, or keeps nothing. */
export function remembered(): Kept | null {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null') as Kept | null;
    return kept !== null && typeof kept.origin === 'string' && Number.isSafeInteger(kept.size) && typeof kept.root === 'string'
      ? kept
      : null;
  } catch {
    return null;
  }
}

const NO_CRYPTO: Finding = {
  verdict: 'unknown',
  text: 'This browser checks nothing over plain http to another machine: open it over https, or use ym verify.',
  detail: null,
};

/** Checks the head: its signature, and that it continues what this browser saw before. What holds is remembered for the next time. */
export async function checkHead(checkpoint: Checkpoint, before: Kept | null): Promise<readonly Finding[]> {
  if (crypto.subtle === undefined) return [NO_CRYPTO];
  const trust = await call<typeof getTrust>('GET', '/v1/trust');
  const note = await readNote(
    checkpoint.note,
    trust.keys.map(({ publicKeyPem }) => publicKeyPem),
  );
  const says =
    note !== null && note.origin === checkpoint.origin && note.size === checkpoint.size && same(note.root, fromBase64(checkpoint.root));
  const findings: Finding[] = [
    says
      ? {
          verdict: 'allow',
          text: 'A key of this instance has signed exactly this origin, size and root.',
          detail: trust.keys[0]?.keyId ?? null,
        }
      : { verdict: 'deny', text: 'No key of this instance has signed this origin, size and root. Believe nothing of it.', detail: null },
  ];
  const past = await checkPast(checkpoint, before);
  findings.push(past);
  if (says && past.verdict !== 'deny') keep(checkpoint);
  return findings;
}

async function checkPast(checkpoint: Checkpoint, before: Kept | null): Promise<Finding> {
  if (before === null)
    return { verdict: 'unknown', text: 'This browser sees the ledger for the first time; from now on it remembers.', detail: null };
  if (before.origin !== checkpoint.origin)
    return {
      verdict: 'unknown',
      text: 'The ledger goes on under a new name since this browser was here, as after a restore; ask who operates it.',
      detail: before.origin,
    };
  if (before.size > checkpoint.size)
    return { verdict: 'deny', text: `This browser has seen ${before.size} entries before. Entries are gone.`, detail: null };
  const { proof } = await call<typeof proveConsistency>('GET', '/v1/ledger/proof/consistency', {
    query: { from: before.size, to: checkpoint.size },
  });
  const holds = await continues(
    { size: before.size, root: fromBase64(before.root) },
    { size: checkpoint.size, root: fromBase64(checkpoint.root) },
    proof.map(fromBase64),
  );
  return holds
    ? {
        verdict: 'allow',
        text: `It continues the ${before.size.toLocaleString()} entries that this browser saw before, unchanged.`,
        detail: null,
      }
    : {
        verdict: 'deny',
        text: `It does not continue the ${before.size.toLocaleString()} entries that this browser saw before: the past was changed.`,
        detail: null,
      };
}

function keep({ origin, size, root, at }: Checkpoint): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify({ origin, size, root, at } satisfies Kept));
  } catch {
    // A browser that keeps nothing checks each time as if for the first.
  }
}

/** Proves one fact: its bytes are hashed here, and the path leads to the root that is signed. */
export async function proveFact(fact: string): Promise<{ readonly findings: readonly Finding[]; readonly leaf: string }> {
  const answer = await call<typeof proveInclusion>('GET', '/v1/ledger/proof/inclusion', { query: { fact } });
  if (crypto.subtle === undefined) return { findings: [NO_CRYPTO], leaf: answer.leaf };
  const hash = await leafHash(new TextEncoder().encode(answer.leaf));
  const root = await rootByInclusion(hash, answer.position, answer.size, answer.proof.map(fromBase64));
  const trust = await call<typeof getTrust>('GET', '/v1/trust');
  const note =
    answer.checkpoint === null
      ? null
      : await readNote(
          answer.checkpoint.note,
          trust.keys.map(({ publicKeyPem }) => publicKeyPem),
        );
  const leads = root !== null && note !== null && note.size === answer.size && same(root, note.root);
  const named = (JSON.parse(answer.leaf) as { readonly id?: unknown }).id === fact;
  return {
    leaf: answer.leaf,
    findings: [
      named
        ? {
            verdict: 'allow',
            text: `These bytes are the fact, at place ${answer.position.toLocaleString()} of ${answer.size.toLocaleString()}.`,
            detail: null,
          }
        : { verdict: 'deny', text: 'These bytes are those of another fact.', detail: null },
      leads
        ? { verdict: 'allow', text: `Hashed here, they lead over ${answer.proof.length} steps to the signed root.`, detail: null }
        : { verdict: 'deny', text: 'They do not lead to the signed root.', detail: null },
    ],
  };
}
