import { z } from 'zod';
import { cvss4 } from './cvss4.ts';

/** An advisory in the OSV format (https://ossf.github.io/osv-schema/), the part of it that matching and telling need. */
const event = z.object({
  introduced: z.string().max(300).optional(),
  fixed: z.string().max(300).optional(),
  last_affected: z.string().max(300).optional(),
  limit: z.string().max(300).optional(),
});
const affected = z.object({
  package: z.object({ ecosystem: z.string().max(100), name: z.string().max(500), purl: z.string().max(8192).optional() }).optional(),
  ranges: z
    .array(z.object({ type: z.string().max(40), events: z.array(event).max(2000) }))
    .max(500)
    .nullish(),
  versions: z.array(z.string().max(300)).max(50_000).nullish(),
  severity: z
    .array(z.object({ type: z.string().max(40), score: z.string().max(300) }))
    .max(20)
    .nullish(),
  database_specific: z.record(z.string(), z.unknown()).nullish(),
  ecosystem_specific: z.record(z.string(), z.unknown()).nullish(),
});
export const advisorySchema = z.object({
  id: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\w.:+-]+$/),
  modified: z.string().max(60),
  published: z.string().max(60).nullish(),
  withdrawn: z.string().max(60).nullish(),
  aliases: z.array(z.string().max(200)).max(500).nullish(),
  summary: z.string().max(10_000).nullish(),
  details: z.string().max(1_000_000).nullish(),
  severity: z
    .array(z.object({ type: z.string().max(40), score: z.string().max(300) }))
    .max(20)
    .nullish(),
  affected: z.array(affected).max(5000).nullish(),
  database_specific: z.record(z.string(), z.unknown()).nullish(),
});
export type Advisory = z.infer<typeof advisorySchema>;
export type Affected = z.infer<typeof affected>;

export type ReadAdvisories = {
  readonly advisories: readonly Advisory[];
  readonly faults: readonly { readonly at: string; readonly why: string }[];
};

/** Reads one OSV record, a list of them, or one on each line. What is none is named, and the others stand. */
export function readAdvisories(text: string): ReadAdvisories {
  const advisories: Advisory[] = [];
  const faults: { at: string; why: string }[] = [];
  for (const [at, value] of documents(text)) {
    const read = advisorySchema.safeParse(value);
    if (read.success) advisories.push(read.data);
    else
      faults.push({
        at,
        why:
          read.error.issues[0] === undefined
            ? 'it is no advisory'
            : `${read.error.issues[0].path.join('.')}: ${read.error.issues[0].message}`,
      });
  }
  return { advisories, faults };
}

function documents(text: string): [string, unknown][] {
  const whole = json(text);
  if (Array.isArray(whole)) return whole.map((one, at) => [`entry ${at + 1}`, one]);
  if (whole !== undefined) return [['the file', whole]];
  return text.split('\n').flatMap((line, at): [string, unknown][] => (line.trim() === '' ? [] : [[`line ${at + 1}`, json(line)]]));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export type AdvisorySeverity = 'critical' | 'high' | 'medium' | 'low' | 'unknown';

/** How bad it is: what its source says in a word, else what its CVSS 3 or 4 vectors come to, the worst of them; unknown where it says neither. */
export function severityOf(advisory: Advisory): AdvisorySeverity {
  const said = [
    advisory.database_specific?.['severity'],
    ...(advisory.affected ?? []).flatMap((one) => [one.database_specific?.['severity'], one.ecosystem_specific?.['severity']]),
  ];
  for (const word of said) {
    const known = typeof word === 'string' ? WORDS[word.toLowerCase()] : undefined;
    if (known !== undefined) return known;
  }
  const scores = [...(advisory.severity ?? []), ...(advisory.affected ?? []).flatMap((one) => one.severity ?? [])].flatMap(
    ({ type, score }) => {
      // Sources put vectors of one version under the name of another: the vector says itself what it is.
      if (type === 'CVSS_V3' || type === 'CVSS_V4') return cvss3(score) ?? cvss4(score) ?? [];
      return [];
    },
  );
  if (scores.length === 0) return 'unknown';
  const worst = Math.max(...scores);
  return worst >= 9 ? 'critical' : worst >= 7 ? 'high' : worst >= 4 ? 'medium' : 'low';
}

const WORDS: Readonly<Record<string, AdvisorySeverity>> = {
  critical: 'critical',
  high: 'high',
  important: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
};

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};

/** The base score of a CVSS 3.0 or 3.1 vector (https://www.first.org/cvss/v3.1/specification-document), or null where it is none. */
export function cvss3(vector: string): number | null {
  const parts = new Map(vector.split('/').map((part) => part.split(':') as [string, string | undefined]));
  if (!/^CVSS:3\.[01]\//.test(vector)) return null;
  const weight = (name: string): number => WEIGHTS[name]?.[parts.get(name) ?? ''] ?? NaN;
  const changed = parts.get('S') === 'C';
  const privileges: Readonly<Record<string, number>> = changed ? { N: 0.85, L: 0.68, H: 0.5 } : { N: 0.85, L: 0.62, H: 0.27 };
  const base = 1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A'));
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
  const ease = 8.22 * weight('AV') * weight('AC') * (privileges[parts.get('PR') ?? ''] ?? NaN) * weight('UI');
  if (Number.isNaN(impact + ease)) return null;
  if (impact <= 0) return 0;
  const sum = Math.min(changed ? 1.08 * (impact + ease) : impact + ease, 10);
  const whole = Math.round(sum * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}
