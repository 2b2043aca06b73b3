import { path, type Caller } from '../connections/vendor.ts';
import { at, flag, list, NAME, text } from '../forges/loose.ts';

/** Policies of a branch that keep it from being pushed to: minimum reviewers, build, and required reviewers. */
const GUARDS = ['fa4e907d-c16b-4a4c-9dfa-4906e5d171dd', '0609b952-1397-4640-95ec-e00a01b2c241', 'fd2167ab-b0be-447a-8ec8-39368250530e'];

/**
 * The names of the policies that are on, block, and guard a branch (`main`) of the repository with this id: none where it is
 * open, null where they can not be read or there is no branch. Azure DevOps REST API 7.1, Policy Configurations of Git.
 */
export async function guardsOf(caller: Caller, project: string, id: string, branch: string | null): Promise<readonly string[] | null> {
  if (branch === null) return null;
  const answer = await caller.ask({
    path: `${path(project)}/_apis/git/policy/configurations`,
    query: { 'api-version': '7.1', repositoryId: id, refName: `refs/heads/${branch}` },
    expect: [401, 403, 404],
  });
  const values = answer.status === 200 ? at(answer.json, 'value') : null;
  if (!Array.isArray(values)) return null;
  return list(values)
    .filter((one) => flag(at(one, 'isEnabled')) === true && flag(at(one, 'isBlocking')) === true)
    .filter((one) => GUARDS.includes(text(at(one, 'type', 'id'), NAME) ?? ''))
    .map((one) => text(at(one, 'type', 'displayName'), NAME) ?? 'a policy');
}
