import { oneLine } from '../ci/ci.ts';
import { path } from '../connections/vendor.ts';
import { at, link, list, text } from '../forges/loose.ts';
import { readerOf } from '../inventory/read-file.ts';
import { FILE_BYTES, FILES_MOST, type SourceReader } from '../inventory/source.ts';
import { azurePipelines } from './ci.http.ts';
import { guardsOf } from './guards.http.ts';

const VERSION = { 'api-version': '7.1' };

/** Repositories of Azure Repos: pipeline files of the root, blocking policies of the default branch, and the environments of the project, which all its repositories share. */
export const azureSource: SourceReader = {
  async *repositories(caller) {
    for await (const project of azurePipelines.places(caller)) {
      const answer = await caller.ask({ path: `${path(project.key)}/_apis/git/repositories`, query: VERSION, expect: [403, 404] });
      for (const value of answer.status === 200 ? list(at(answer.json, 'value')) : []) {
        const id = text(at(value, 'id'), 64);
        if (id === null || at(value, 'isDisabled') === true) continue;
        const name = `${project.name}/${oneLine(text(at(value, 'name'), 200), id)}`;
        const branch = text(at(value, 'defaultBranch'), 250)?.replace(/^refs\/heads\//, '') ?? null;
        yield { key: `${project.key}/${id}`, name, url: link(at(value, 'webUrl')) ?? link(at(value, 'remoteUrl')), branch };
      }
    }
  },

  async look(caller, { key, branch }) {
    const [project = '', id = ''] = key.split('/');
    const items = `${path(project)}/_apis/git/repositories/${path(id)}/items`;
    const at_ = branch === null ? {} : { 'versionDescriptor.version': branch, 'versionDescriptor.versionType': 'branch' };
    const tree = await caller.ask({
      path: items,
      query: { ...VERSION, ...at_, scopePath: '/', recursionLevel: 'OneLevel' },
      expect: [403, 404],
    });
    const entries = tree.status === 200 ? list(at(tree.json, 'value')) : [];
    const names = entries.flatMap((entry) => (at(entry, 'isFolder') === true ? [] : (text(at(entry, 'path'), 500) ?? [])));
    const files = [];
    for (const name of names.filter((one) => readerOf(one) !== null).slice(0, FILES_MOST)) {
      const answer = await caller.ask({
        path: items,
        query: { ...VERSION, ...at_, path: name },
        headers: { accept: 'text/plain' },
        limit: FILE_BYTES,
        expect: [403, 404],
      });
      if (answer.status === 200) files.push({ path: name.replace(/^\//, ''), source: Buffer.from(answer.bytes).toString('utf8') });
    }
    const environments = await caller.ask({
      path: `${path(project)}/_apis/distributedtask/environments`,
      query: VERSION,
      expect: [401, 403, 404],
    });
    const guards = await guardsOf(caller, project, id, branch);
    return {
      files,
      // Who has to agree stands in checks on each environment, which a token for code may not read.
      environments:
        environments.status === 200
          ? list(at(environments.json, 'value')).map((value) => ({
              name: oneLine(text(at(value, 'name'), 200), 'environment'),
              approval: null,
            }))
          : null,
      branchProtected: guards === null ? null : guards.length > 0,
    };
  },
};
