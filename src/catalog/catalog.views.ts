import { personsByEmail } from '../identity/identity.queries.ts';
import type { Tx } from '../platform/floor.ts';

export type TeamView = { id: string; name: string; title: string | null; members: string[]; unknownMembers: number; version: number };

/** All teams with their members by person id; addresses that belong to nobody are only counted. */
export async function listTeamViews(tx: Tx): Promise<TeamView[]> {
  const teams = await tx.query<{ id: string; name: string; title: string | null; version: number; emails: string[] }>(
    `select id, name, title, version, coalesce((select array_agg(email order by email) from team_member where team_id = team.id), '{}') as emails
     from team where removed_at is null order by name`,
  );
  const persons = await personsByEmail(tx, [...new Set(teams.flatMap((team) => team.emails))]);
  return teams.map(({ emails, ...team }) => {
    const members = emails.flatMap((email) => persons.get(email) ?? []);
    return { ...team, members: [...new Set(members)], unknownMembers: emails.length - members.length };
  });
}
