import { oneLine } from '../ci/ci.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { at, flag, list, text } from '../forges/loose.ts';
import { readerOf } from '../inventory/read-file.ts';
import { FILE_BYTES, FILES_MOST, type SourceReader } from '../inventory/source.ts';
import { githubActions, repo } from './ci.http.ts';

/** Repositories of GitHub: workflow files, environments with their reviewers, protection of the default branch. */
export const githubSource: SourceReader = {
  async *repositories(caller) {
    for await (const place of githubActions.places(caller))
      yield { key: place.key, name: place.name, url: place.repository, branch: place.branch };
  },

  async look(caller, { key, branch }) {
    const root = repo(key);
    const names = [...(await folder(caller, root, '', branch)), ...(await folder(caller, root, '.github/workflows', branch))];
    const files = [];
    for (const name of names.filter((one) => readerOf(one) !== null).slice(0, FILES_MOST)) {
      const asked = {
        path: `${root}/contents/${path(...name.split('/'))}`,
        query: { ref: branch ?? undefined },
        headers: { accept: 'application/vnd.github.raw+json' },
      };
      const answer = await caller.ask({ ...asked, redirects: 2, limit: FILE_BYTES, expect: [403, 404] });
      if (answer.status === 200) files.push({ path: name, source: Buffer.from(answer.bytes).toString('utf8') });
    }
    const environments = await caller.ask({ path: `${root}/environments`, query: { per_page: 100 }, redirects: 2, expect: [403, 404] });
    const protection =
      branch === null ? null : await caller.ask({ path: `${root}/branches/${path(branch)}`, redirects: 2, expect: [403, 404] });
    return {
      files,
      // A repository without any answers 404 as well as one whose settings we may not read.
      environments: environments.status === 200 ? list(at(environments.json, 'environments')).map(environmentOf) : null,
      branchProtected: protection?.status === 200 ? flag(at(protection.json, 'protected')) : null,
    };
  },
};

async function folder(caller: Caller, root: string, name: string, branch: string | null): Promise<string[]> {
  const below = name === '' ? '' : `/${path(...name.split('/'))}`;
  const answer = await caller.ask({
    path: `${root}/contents${below === '' ? '/' : below}`,
    query: { ref: branch ?? undefined },
    redirects: 2,
    expect: [403, 404],
  });
  if (answer.status !== 200) return [];
  return list(answer.json).flatMap((entry) => (at(entry, 'type') === 'file' ? (text(at(entry, 'path'), 500) ?? []) : []));
}

function environmentOf(value: unknown): { name: string; approval: string | null } {
  const rules = list(at(value, 'protection_rules'), 50);
  const reviewers = rules.filter((rule) => at(rule, 'type') === 'required_reviewers').flatMap((rule) => list(at(rule, 'reviewers'), 50));
  return {
    name: oneLine(text(at(value, 'name'), 200), 'environment'),
    approval: reviewers.length === 0 ? null : `one of ${reviewers.length} reviewers`,
  };
}
