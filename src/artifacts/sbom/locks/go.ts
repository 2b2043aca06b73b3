import type { Locked } from '../package.ts';
import { lockedPackage, uniquePackages, unread } from '../package.ts';
import { goPurl } from '../purl.ts';

const MODULE = /^["`]?([\w.~!/-]{1,500})["`]?[ \t]+(v[\w.+!-]{1,200})(?:\s*\/\/(.*))?$/;

/**
 * Reads a go.mod: what is required, with `replace` applied. Since Go 1.17 that is every module of the build; before, those
 * that others need are missing, and that is said. Modules replaced by folders have no version.
 */
export function readGoMod(text: string): Locked {
  const required: { path: string; version: string; indirect: boolean }[] = [];
  const replaced = new Map<string, readonly [string, string] | null>();
  let [block, go] = ['', [1, 0]];
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (line === ')') block = '';
    const [, word, rest = ''] =
      /^(require|replace|exclude|retract|go|tool|ignore)\b\s*(.*)$/.exec(block === '' ? line : `${block} ${line}`) ?? [];
    if (word === undefined) continue;
    if (rest === '(') block = word;
    else if (word === 'go') go = rest.split('.').map(Number);
    else if (word === 'require') {
      const [, path, version, comment = ''] = MODULE.exec(rest) ?? [];
      if (path !== undefined && version !== undefined) required.push({ path, version, indirect: /\bindirect\b/.test(comment) });
    } else if (word === 'replace') {
      const [from = '', to = ''] = rest
        .replace(/\s*\/\/.*$/, '')
        .split('=>')
        .map((side) => side.trim());
      const [, path, version] = MODULE.exec(to) ?? [];
      const [, of = from.replace(/^["`]|["`]$/g, ''), at] = MODULE.exec(from) ?? [];
      replaced.set(at === undefined ? of : `${of} ${at}`, path === undefined || version === undefined ? null : [path, version]);
    }
  }
  if (required.length === 0 && !/^module\s/m.test(text)) return unread('go.mod could not be read: it names no module');
  const packages = required.map(({ path, version }) => {
    const by = replaced.has(`${path} ${version}`) ? replaced.get(`${path} ${version}`) : replaced.get(path);
    const [name, at] = by === undefined ? [path, version] : by === null ? [path, ''] : by;
    const known = at === '' ? null : at;
    return lockedPackage({ key: `${path}@${version}`, name, version: known, purl: goPurl(name, known) });
  });
  const old = (go[0] ?? 1) === 1 && (go[1] ?? 0) < 17;
  return {
    packages: uniquePackages(packages),
    direct: required.filter((one) => !one.indirect).map((one) => `${one.path}@${one.version}`),
    incomplete: [
      old ? 'go.mod of a Go before 1.17 does not name what modules need in turn' : 'go.mod does not say which module needs which',
    ],
  };
}

/** Reads a go.sum where no go.mod stands beside it: every module whose content it knows, which may be more than are built. */
export function readGoSum(text: string): Locked {
  const packages = text.split(/\r?\n/).flatMap((line) => {
    const [, path, version] = /^([\w.~!/-]{1,500}) (v[\w.+!-]{1,200}) h1:/.exec(line) ?? [];
    return path === undefined || version === undefined
      ? []
      : [lockedPackage({ key: `${path}@${version}`, name: path, version, purl: goPurl(path, version) })];
  });
  if (packages.length === 0) return unread('go.sum could not be read: it names no module');
  return {
    packages: uniquePackages(packages),
    direct: [],
    incomplete: ['go.sum knows modules that the build may not hold, and not which needs which: go.mod was not there'],
  };
}
