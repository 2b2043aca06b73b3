import type { z } from 'zod';
import type { answerRow, artifactUse, foundNode } from '../contract/evidence-search.ts';
import type { AnswerOf } from '../contract/route.ts';
import type { Row, Tx } from '../platform/floor.ts';
import type { Visible } from './facts.queries.ts';
import { meaningOf } from './find.ts';
import { kindOfQuestion } from './graph.ts';
import { labelsOf } from './labels.queries.ts';

export type Found = z.infer<typeof foundNode>;
export type AnswerView = z.infer<typeof answerRow>;
const MOST_FOUND = 20;

const idsOf = (visible: Visible): string[] | null => (visible === 'all' ? null : [...visible]);

/** What a typed text may mean, best guesses first; only what the asker may see. */
export async function find(tx: Tx, typed: string, visible: Visible): Promise<Found[]> {
  const meaning = meaningOf(typed);
  if (meaning.kind === 'node') return known(tx, [meaning.id], visible);
  if (meaning.kind === 'commit') {
    const rows = await tx.query<{ node: string }>(
      `select distinct node from fact_mention m join fact f on f.id = m.fact_row
       where node >= $1 and node < $1 || 'g' and node ~ '^[0-9a-f]+$' and ($2::text[] is null or f.service_id = any($2)) limit $3`,
      [meaning.prefix, idsOf(visible), MOST_FOUND],
    );
    return rows.map(({ node }) => ({ id: node, kind: 'commit', label: `commit ${node.slice(0, 12)}`, at: null }));
  }
  return byWords(tx, meaning, visible);
}

/** Nodes that some fact names which the asker may see. */
async function known(tx: Tx, nodes: readonly string[], visible: Visible): Promise<Found[]> {
  const rows = await tx.query<{ node: string }>(
    `select distinct node from fact_mention m join fact f on f.id = m.fact_row
     where node = any($1) and ($2::text[] is null or f.service_id = any($2))`,
    [nodes, idsOf(visible)],
  );
  const labels = await labelsOf(
    tx,
    rows.map(({ node }) => node),
  );
  return rows.flatMap(({ node }) => {
    const kind = kindOfQuestion(node);
    const label = labels.get(node);
    return kind === null ? [] : [{ id: node, kind, label: label?.label ?? node.slice(0, 24), at: label?.at ?? null }];
  });
}

async function byWords(
  tx: Tx,
  { service, version, text }: { service: string | null; version: string | null; text: string },
  visible: Visible,
): Promise<Found[]> {
  return tx
    .query<Found & Row>(
      `select * from (
       select r.id, 'release' as kind, s.name || ' ' || r.version_name as label, r.created_at as at, 1 as place
         from release r join service s on s.id = r.service_id
         where ((s.name = $1 and ($2::text is null or r.version_name = $2)) or r.version_name = $3) and ($4::text[] is null or s.id = any($4))
       union all
       select d.id, 'deployment', s.name || ' ' || d.version_name || ' to ' || e.name || ': ' || d.state, d.requested_at, 2
         from deployment d join service s on s.id = d.service_id join environment e on e.id = d.environment_id
         where s.name = $1 and ($2::text is null or d.version_name = $2) and ($4::text[] is null or s.id = any($4))
       union all
       select i.id, 'incident', i.title, i.started_at, 3 from incident i
         where strpos(lower(i.title), lower($3)) > 0 and ($4::text[] is null or i.service_id = any($4))
     ) as found order by place, at desc limit $5`,
      [service, version, text, idsOf(visible), MOST_FOUND],
    )
    .then((rows) => rows.map(({ id, kind, label, at }) => ({ id, kind, label, at })));
}

export type AnswerFilter = {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly verdict?: string | undefined;
  readonly version?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly before: { readonly at: string; readonly id: string } | null;
  readonly limit: number;
};

type DecisionRow = Row & {
  id: AnswerView['decision'];
  at: string;
  verdict: AnswerView['verdict'];
  purpose: AnswerView['purpose'];
  service: string;
  environment: string;
  release: AnswerView['release'];
  version: string;
  answer: {
    policy?: { name?: string; version?: number };
    rules?: { verdict: string; reasons: { text: string }[] }[];
  };
  approvedBy: { id: string; name: string }[];
  deployment: AnswerView['deployment'];
};

/** Recorded answers that match every filter, newest first. */
export async function answers(tx: Tx, filter: AnswerFilter, visible: Visible): Promise<AnswerView[]> {
  const rows = await tx.query<DecisionRow>(
    `select d.id, d.at, d.verdict, d.purpose, s.name as service, d.environment, d.release_id as release, r.version_name as version, d.answer,
       coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) order by a.given_at) from approval a join person p on p.id = a.person_id
                 where a.release_id = d.release_id and a.environment_id = d.environment_id and a.intent = d.intent and a.verdict = 'approve' and a.given_at <= d.at), '[]') as "approvedBy",
       (select jsonb_build_object('id', x.id, 'state', x.state) from deployment x where x.id = d.deployment_id) as deployment
     from decision d join service s on s.id = d.service_id join release r on r.id = d.release_id
     where ($1::text is null or s.name = $1) and ($2::text is null or d.environment = $2) and ($3::text is null or d.verdict = $3)
       and ($4::text is null or r.version_name = $4)
       and ($5::timestamptz is null or d.at >= $5) and ($6::timestamptz is null or d.at < $6)
       and ($7::timestamptz is null or (d.at, d.id) < ($7, $8)) and ($9::text[] is null or d.service_id = any($9))
     order by d.at desc, d.id desc limit $10`,
    [
      filter.service ?? null,
      filter.environment ?? null,
      filter.verdict ?? null,
      filter.version ?? null,
      filter.since ?? null,
      filter.until ?? null,
      filter.before?.at ?? null,
      filter.before?.id ?? null,
      idsOf(visible),
      filter.limit,
    ],
  );
  return rows.map(({ id, answer, ...row }) => ({
    ...row,
    decision: id,
    policy: { name: answer.policy?.name ?? 'unknown', version: answer.policy?.version ?? 0 },
    reasons: (answer.rules ?? [])
      .filter((rule) => row.verdict === 'allow' || rule.verdict !== 'allow')
      .flatMap((rule) => rule.reasons.slice(0, 1).map(({ text }) => named(text, row.approvedBy)))
      .slice(0, 12),
  }));
}

/** A reason with names where it has ids of those who approved. */
function named(text: string, people: readonly { readonly id: string; readonly name: string }[]): string {
  return people.reduce((words, { id, name }) => words.replaceAll(id, name), text);
}

type Use = AnswerOf<typeof artifactUse>;

/** Where an artifact runs or ran, newest first, and the releases that hold it. */
export async function useOf(tx: Tx, digest: string, visible: Visible): Promise<Use> {
  const ids = idsOf(visible);
  const places = await tx.query<Use['places'][number] & Row>(
    `select s.name as service, e.name as environment, h.release_version as version, h.release_id as release, h.deployment_id as deployment, h.since, h.until
     from running_history h join service s on s.id = h.service_id join environment e on e.id = h.environment_id
     where h.artifact_digests @> to_jsonb(array[$1::text]) and ($2::text[] is null or s.id = any($2))
     order by h.until is not null, h.since desc limit 200`,
    [digest, ids],
  );
  const releases = await tx.query<Use['releases'][number] & Row>(
    `select r.id, s.name as service, r.version_name as version, r.state, r.created_at as "createdAt"
     from release r join service s on s.id = r.service_id where $1 = any(r.digests) and ($2::text[] is null or s.id = any($2))
     order by r.created_at desc limit 200`,
    [digest, ids],
  );
  return { places, releases };
}
