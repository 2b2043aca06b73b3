import type { Actor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Witness } from '../../kernel/witness.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { readCompact, type Compact } from '../issuer/compact.ts';
import { verifyToken } from '../issuer/verify.system.ts';
import { secretDigest } from '../password.system.ts';
import { answersTo, isMet, type Answered } from './conditions.ts';
import { witnessIn } from './claims-of-ci.ts';
import { EXCHANGED_MS } from './limits.ts';
import { workloadCame } from './workload.events.ts';
import { workloadRefused, workloadSpent } from './workload.problems.ts';
import { insertWorkloadCredential, trustStands, trustsIn, type TrustRow } from './workload.store.ts';

export type CameIn = {
  readonly id: string;
  readonly trust: string;
  readonly bot: string;
  readonly expiresAt: Instant;
  readonly witness: Witness;
};
/** What one trust says to a token: what is wrong with the token for it, and each condition. */
export type Judged = {
  readonly trust: TrustRow;
  readonly wrong: readonly string[];
  readonly answers: readonly Answered[];
  readonly ok: boolean;
};

/**
 * Verifies a token for every trust in its issuer, or the one named, and of `org` alone where one is given. Asks the issuer
 * for its keys, so never inside a transaction. Empty where the issuer is none of ours.
 */
export async function judgeToken(
  floor: Floor,
  token: string,
  only: { readonly org?: string | undefined; readonly trust?: string | undefined } = {},
): Promise<{ readonly compact: Compact | null; readonly wrong: string | null; readonly judged: readonly Judged[] }> {
  const compact = readCompact(token);
  if ('wrong' in compact) return { compact: null, wrong: compact.wrong, judged: [] };
  const issuer = compact.claims['iss'];
  if (typeof issuer !== 'string' || issuer.length > 500) return { compact, wrong: 'it names no issuer (iss)', judged: [] };
  const { trusts, now } = await floor.db.read(only.org ?? '*', async (tx) => ({ trusts: await trustsIn(tx, issuer), now: await tx.now() }));
  const asked = trusts.filter(({ name }) => only.trust === undefined || name === only.trust);
  const judged: Judged[] = [];
  for (const trust of asked) {
    const verified = await verifyToken(floor, token, { ...trust, nowMs: Date.parse(now) });
    const answers = answersTo(trust.conditions, compact.claims);
    const wrong = verified.ok ? [] : verified.why;
    judged.push({ trust, wrong, answers, ok: verified.ok && isMet(answers) });
  }
  const unknown =
    trusts.length === 0 ? 'nobody here trusts its issuer (iss)' : asked.length === 0 ? 'there is no such trust in its issuer' : null;
  return { compact, wrong: unknown, judged };
}

/**
 * Lets a job in by its token. The token is kept by digest as a credential that ends with it, so that it is known again
 * without asking anybody, and is ended like every other.
 */
export async function comeIn(floor: Floor, token: string): Promise<CameIn> {
  const { compact, trust } = await accepted(floor, token);
  return floor.db.tx(trust.org, (tx) => keep(tx, compact, trust, { secret: token, exchanged: false }));
}

/** Exchanges a token for one of ours, once. It ends with the token, and after an hour at the latest. */
export async function exchange(floor: Floor, token: string, name: string | undefined): Promise<CameIn & { readonly token: string }> {
  const { compact, trust } = await accepted(floor, token, name);
  return floor.db.tx(trust.org, async (tx) => {
    const secret = `ym_tok_${tx.floor.randomHex(32)}`;
    return { ...(await keep(tx, compact, trust, { secret, exchanged: true })), token: secret };
  });
}

async function accepted(floor: Floor, token: string, name?: string): Promise<{ compact: Compact; trust: TrustRow }> {
  const { compact, wrong, judged } = await judgeToken(floor, token, { trust: name });
  const fitting = judged.filter(({ ok }) => ok);
  const [one, other] = fitting;
  if (compact !== null && one !== undefined && other === undefined) return { compact, trust: one.trust };
  const why = wrong === null ? whyNot(judged, fitting) : [wrong];
  floor.log.info(
    { why, issuer: compact?.claims['iss'], trusts: judged.map(({ trust }) => trust.name) },
    'a workload token was not accepted',
  );
  throw workloadRefused({ why });
}

/** To a stranger: what is wrong with his own token. What a condition asks for he is not told. */
function whyNot(judged: readonly Judged[], fitting: readonly Judged[]): readonly string[] {
  if (fitting.length > 1)
    return [
      `several trusts accept it (${fitting.map(({ trust }) => trust.name).join(', ')}): give each an audience of its own, or name one`,
    ];
  const right = judged.filter(({ wrong }) => wrong.length === 0);
  if (right.length === 0) return judged[0]?.wrong ?? ['nothing fits'];
  // Of the trust that comes nearest, so that a wrong branch is told as a wrong branch.
  const [nearest = []] = right.map(({ answers }) => answers).toSorted((one, other) => met(other) - met(one));
  const claims = nearest.filter(({ ok }) => !ok).map(({ claim }) => claim);
  return [`no trust takes what it says in ${claims.join(', ')}`];
}

function met(answers: readonly Answered[]): number {
  return answers.filter(({ ok }) => ok).length;
}

async function keep(tx: Tx, compact: Compact, trust: TrustRow, how: { secret: string; exchanged: boolean }): Promise<CameIn> {
  if (!(await trustStands(tx, trust.id))) throw workloadRefused({ why: ['its trust has just ended'] });
  const at = await tx.now();
  const { exp, iat, jti } = compact.claims as { exp: number; iat: number; jti?: unknown };
  const ends = Math.min(exp * 1000, (iat + trust.maxAgeS) * 1000, how.exchanged ? Date.parse(at) + EXCHANGED_MS : Infinity);
  const expiresAt: Instant = new Date(Math.floor(ends)).toISOString();
  if (expiresAt <= at) throw workloadRefused({ why: ['it ends just now (exp)'] });
  const witness = witnessIn(compact.claims, trust.issuer, trust.name);
  const id = tx.floor.newId('tok');
  // Without a name of its own a token is known by what was signed: signatures of the same can differ.
  const name = typeof jti === 'string' && jti !== '' ? `jti ${jti}` : `signed ${compact.signed}`;
  const row = {
    id,
    org: trust.org,
    trust,
    secretDigest: secretDigest(how.secret),
    use: digestOf(`${trust.issuer}\n${name}`),
    witness,
    at,
    expiresAt,
  };
  if (!(await insertWorkloadCredential(tx, row))) throw workloadSpent({});
  const { issuer, subject, repository, ref, workflow, runId, sha } = witness;
  const actor: Actor = { kind: 'hook', id: trust.id, org: trust.org };
  await tx.record(workloadCame, {
    subject: id,
    actor,
    body: {
      token: id,
      trust: trust.id,
      bot: trust.bot,
      exchanged: how.exchanged,
      issuer,
      subject,
      repository,
      ref,
      workflow,
      runId,
      sha,
      expiresAt,
    },
  });
  return { id, trust: trust.name, bot: trust.bot, expiresAt, witness };
}
