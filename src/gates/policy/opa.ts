import { z } from 'zod';
import { digestOfValue, type Digest } from '../../kernel/digest.ts';
import { between, plus, type Instant, type Millis } from '../../kernel/time.ts';
import type { DigestFacts } from './facts.ts';
import type { Check, ResolvedPolicy } from './policy.ts';

/** An answer of OPA counts this long; what waits is asked for anew after half of it. */
export const OPA_FRESH_MS: Millis = 10 * 60_000;
/** The task that asks. */
export const OPA_TASK = 'opa.ask';

const REASONS = 20;
const REASON = 300;

/** Which document of which OPA a check asks for: `POST ADDRESS/v1/data/PATH` of the connection of that name. */
export type OpaAsk = { readonly connection: string; readonly path: string };

/** What an OPA said to one input. `answer` null: it said neither yes nor no, and `reasons` says why. */
export type OpaAnswer = OpaAsk & {
  /** Digest of the canonical input that it was asked about; an answer about another input says nothing. */
  readonly input: Digest;
  readonly askedAt: Instant;
  readonly answer: boolean | null;
  readonly reasons: readonly string[];
};

/** One question: for a check, about one digest of the release. */
export type OpaQuestion = OpaAsk & { readonly check: string; readonly artifact: Digest; readonly input: OpaInput; readonly digest: Digest };

/** What OPA finds as `input`: the facts that rules in CEL see, and for which tier and kind of environment. */
export type OpaInput = {
  readonly digest: Digest;
  readonly tier: number;
  readonly environment: string;
  readonly facts: Readonly<Record<string, unknown>>;
};

export const opaSchema = z.strictObject({
  connection: z.string().min(1).max(63),
  /** Segments of the document's name; plain ones, so that nothing in them can leave `v1/data`. */
  path: z
    .string()
    .max(200)
    .regex(
      /^[A-Za-z_][A-Za-z0-9_-]*(?:\/[A-Za-z_][A-Za-z0-9_-]*){0,9}$/,
      'a path such as yardmaster/ship is expected: letters, digits, _ and -',
    ),
});

/** The question of one check about one digest, from the facts as rules see them (`rulesFacts`). */
export function opaQuestion(
  check: Check & { readonly opa: OpaAsk },
  resolved: ResolvedPolicy,
  artifact: Digest,
  facts: object,
): OpaQuestion {
  const input: OpaInput = { digest: artifact, tier: resolved.tier, environment: resolved.kind, facts: countsOf(facts) };
  return { ...check.opa, check: check.id, artifact, input, digest: digestOfValue(input) };
}

/** Counts and no lists: the packages of an artifact are thousands, and each question is kept by its digest. */
function countsOf(facts: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]: [string, unknown]) => {
      if (!['licences', 'dependencies', 'advisories'].includes(name) || typeof fact !== 'object' || fact === null) return [name, fact];
      const { packages: _packages, vulnerabilities: _vulnerabilities, ...counts } = fact as Record<string, unknown>;
      return [name, counts];
    }),
  );
}

/** The check as one that asks OPA, or null. */
export function asksOpa(check: Check): (Check & { readonly opa: OpaAsk }) | null {
  return check.opa === undefined ? null : { ...check, opa: check.opa };
}

/** Yes or no, with the reasons that OPA gave, and how long that counts; or why nobody can say. */
export type OpaSaid = { readonly result: boolean | string; readonly reasons: readonly string[]; readonly until: Instant | null };

/** What the recorded answers say to a question at `now`. No answer, one about another input, an old one, one of later: unknown. */
export function opaSaid(question: OpaQuestion, answers: DigestFacts['opa'], now: Instant): OpaSaid {
  const where = `OPA at ${question.connection} (${question.path})`;
  const unknown = (why: string): OpaSaid => ({ result: `${where} ${why}`, reasons: [], until: null });
  const found = (answers ?? []).find((one) => isAbout(one, question));
  if (found === undefined) return unknown('was not asked about exactly these facts yet');
  const age = between(found.askedAt, now);
  if (age < 0 || age >= OPA_FRESH_MS) return unknown(`was last asked at ${found.askedAt}, and an answer counts for ten minutes`);
  if (found.answer === null) return unknown(`gave no answer at ${found.askedAt}: ${found.reasons.join('; ')}`);
  return { result: found.answer, reasons: found.reasons, until: plus(found.askedAt, OPA_FRESH_MS) };
}

/** Whether it is time to ask: nobody did, half of what an answer counts for is over, or half a minute of one that was none. */
export function isDue(question: OpaQuestion, answers: DigestFacts['opa'], now: Instant): boolean {
  const found = (answers ?? []).find((one) => isAbout(one, question));
  if (found === undefined) return true;
  const age = between(found.askedAt, now);
  return age < 0 || age >= (found.answer === null ? 30_000 : OPA_FRESH_MS / 2);
}

function isAbout(answer: OpaAnswer, question: OpaQuestion): boolean {
  return answer.connection === question.connection && answer.path === question.path && answer.input === question.digest;
}

type Read = Pick<OpaAnswer, 'answer' | 'reasons'>;
const nothing = (why: string): Read => ({ answer: null, reasons: [why] });
const objectAnswer = z.object({ allow: z.boolean(), reasons: z.array(z.string()).optional() });

/**
 * What an answer of OPA's Data API means (https://www.openpolicyagent.org/docs/rest-api, "Get a Document (with Input)"):
 * `{"result": true}`, or `{"result": {"allow": true, "reasons": ["..."]}}`. A document that is undefined has no `result`.
 * Everything else is no answer. Of the reasons 20 are kept, of 300 characters each.
 */
export function readOpa(body: unknown): Read {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return nothing('it answers no object');
  if (!Object.hasOwn(body, 'result')) return nothing('the document is undefined there for this input');
  const { result } = body as { readonly result: unknown };
  if (typeof result === 'boolean') return { answer: result, reasons: [] };
  const read = objectAnswer.safeParse(result);
  if (!read.success) return nothing('its result is neither true or false nor {"allow": true or false, "reasons": [texts]}');
  return { answer: read.data.allow, reasons: (read.data.reasons ?? []).slice(0, REASONS).map(plain) };
}

/** A text of a stranger on one line, well-formed and cut. */
export function plain(text: string): string {
  return text
    .slice(0, REASON)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
}
