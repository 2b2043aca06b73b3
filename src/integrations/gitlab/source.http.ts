import { oneLine } from '../ci/ci.ts';
import { path } from '../connections/vendor.ts';
import { at, count, list, text } from '../forges/loose.ts';
import { readerOf } from '../inventory/read-file.ts';
import { FILE_BYTES, FILES_MOST, type SourceReader } from '../inventory/source.ts';
import { gitlabCi } from './ci.http.ts';

/** Projects of GitLab: pipeline files of the root, environments with their protection, protection of the default branch. */
export const gitlabSource: SourceReader = {
  async *repositories(caller) {
    for await (const place of gitlabCi.places(caller))
      yield { key: place.key, name: place.name, url: place.repository, branch: place.branch };
  },

  async look(caller, { key, branch }) {
    const root = `projects/${path(key)}`;
    const tree = await caller.ask({
      path: `${root}/repository/tree`,
      query: { ref: branch ?? undefined, per_page: 100 },
      expect: [403, 404],
    });
    const names =
      tree.status === 200
        ? list(tree.json).flatMap((entry) => (at(entry, 'type') === 'blob' ? (text(at(entry, 'path'), 500) ?? []) : []))
        : [];
    const files = [];
    for (const name of names.filter((one) => readerOf(one) !== null).slice(0, FILES_MOST)) {
      const answer = await caller.ask({
        path: `${root}/repository/files/${path(name)}/raw`,
        query: { ref: branch ?? 'HEAD' },
        limit: FILE_BYTES,
        expect: [403, 404],
      });
      if (answer.status === 200) files.push({ path: name, source: Buffer.from(answer.bytes).toString('utf8') });
    }
    const environments = await caller.ask({ path: `${root}/environments`, query: { per_page: 100 }, expect: [403, 404] });
    // Protected environments are of the paid editions: where there are none of them, nobody can be asked there.
    const guarded = await caller.ask({ path: `${root}/protected_environments`, query: { per_page: 100 }, expect: [403, 404] });
    const protection =
      branch === null ? null : await caller.ask({ path: `${root}/protected_branches/${path(branch)}`, expect: [403, 404] });
    const guards = guarded.status === 200 ? list(guarded.json) : [];
    return {
      files,
      environments:
        environments.status !== 200
          ? null
          : list(environments.json).map((value) => {
              const name = oneLine(text(at(value, 'name'), 200), 'environment');
              const rule = guards.find((one) => at(one, 'name') === at(value, 'name'));
              const needed = count(at(rule, 'required_approval_count')) ?? list(at(rule, 'approval_rules')).length;
              return { name, approval: needed > 0 ? `${needed} approvals` : null };
            }),
      branchProtected: protection === null || protection.status === 403 ? null : protection.status === 200,
    };
  },
};
