import { SaxesParser } from 'saxes';
import type { Hash, Locked, LockedPackage } from '../package.ts';
import { lockedPackage, toHash, uniquePackages, unread } from '../package.ts';
import { mavenPurl } from '../purl.ts';

/** Packages of Maven and Gradle from what these write. Nothing is fetched: what stands in other files is said to be missing. */

/** Reads a gradle.lockfile: `group:name:version=configuration,configuration`. */
export function readGradleLock(text: string): Locked {
  const packages = text.split(/\r?\n/).flatMap((line) => {
    const [, group, name, version, where = ''] = /^([^:#=\s]{1,200}):([^:=\s]{1,200}):([^:=\s]{1,100})=(.*)$/.exec(line) ?? [];
    if (group === undefined || name === undefined || version === undefined) return [];
    const configurations = where.split(',');
    const runs = configurations.some((one) => /runtimeClasspath$/i.test(one) && !/test/i.test(one));
    const known = configurations.some((one) => /classpath$/i.test(one));
    const scope = runs || !known ? 'required' : 'development';
    return [
      lockedPackage({
        key: `${group}:${name}:${version}`,
        name: `${group}:${name}`,
        version,
        purl: mavenPurl(group, name, version),
        scope,
      }),
    ];
  });
  if (packages.length === 0 && !/^empty=/m.test(text)) return unread('gradle.lockfile could not be read: it names no module');
  return {
    packages: uniquePackages(packages),
    direct: [],
    incomplete: packages.length === 0 ? [] : ['gradle.lockfile does not say which module needs which'],
  };
}

/** Reads Gradle's verification-metadata.xml: every module that a build may fetch, its plugins too, with hashes. */
export function readGradleVerification(text: string): Locked {
  const packages: LockedPackage[] = [];
  let at: { group: string; name: string; version: string; hashes: Hash[] } | null = null;
  let jar = false;
  const fault = walkXml(text, (name, attributes, opens) => {
    if (name === 'component' && opens)
      at = { group: attributes['group'] ?? '', name: attributes['name'] ?? '', version: attributes['version'] ?? '', hashes: [] };
    if (name === 'artifact' && opens) jar = /\.(?:jar|aar)$/.test(attributes['name'] ?? '');
    if (jar && opens && at !== null && /^(?:md5|sha1|sha256|sha512)$/.test(name)) {
      const hash = toHash(name, attributes['value'] ?? '');
      if (hash !== null) at.hashes.push(hash);
    }
    if (name === 'component' && !opens && at !== null) {
      const { group, name: artifact, version, hashes } = at;
      packages.push(
        lockedPackage({
          key: `${group}:${artifact}:${version}`,
          name: `${group}:${artifact}`,
          version,
          purl: mavenPurl(group, artifact, version),
          hashes,
        }),
      );
      at = null;
    }
  });
  if (fault !== null || packages.length === 0)
    return unread(`verification-metadata.xml could not be read: ${fault ?? 'it names no component'}`);
  return {
    packages: uniquePackages(packages),
    direct: [],
    incomplete: ['verification-metadata.xml names what a build may fetch, its plugins too, and not which needs which'],
  };
}

const TREE =
  /^(?:\[INFO\] )?([ |+\\-]*)([\w.-]+):([\w.-]+):([\w.-]+)(?::([\w.-]+))?:([\w.-]+):(compile|runtime|provided|test|system)(?: \(.*\))?(?: -- .*)?\s*$/;

/** Reads what `mvn dependency:tree` or `dependency:list` printed. A tree says which package needs which; a list does not. */
export function readMavenTree(text: string): Locked {
  const packages: LockedPackage[] = [];
  const stack: { depth: number; key: string }[] = [];
  const needs = new Map<string, Set<string>>();
  const direct = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    const [, drawing = '', group, artifact, type, classifier = '', version, scope] = TREE.exec(line) ?? [];
    if (group === undefined || artifact === undefined || type === undefined || version === undefined || scope === undefined) continue;
    const key = [group, artifact, type, classifier, version].join(':');
    const depth = drawing.length;
    while ((stack.at(-1)?.depth ?? -1) >= depth) stack.pop();
    const parent = stack.at(-1);
    if (parent === undefined) direct.add(key);
    else needs.set(parent.key, (needs.get(parent.key) ?? new Set()).add(key));
    stack.push({ depth, key });
    packages.push(
      lockedPackage({
        key,
        name: `${group}:${artifact}`,
        version,
        purl: mavenPurl(group, artifact, version, type, classifier),
        scope: scopeOf(scope),
      }),
    );
  }
  if (packages.length === 0) return unread('the list of Maven’s dependencies could not be read: it names none');
  const flat = needs.size === 0 && packages.length > 1;
  return {
    packages: uniquePackages(packages).map((entry) => ({ ...entry, dependsOn: [...(needs.get(entry.key) ?? [])].sort() })),
    direct: flat ? [] : [...direct].sort(),
    incomplete: flat ? ['Maven’s list does not say which package needs which: mvn dependency:tree does'] : [],
  };
}

function scopeOf(scope: string): LockedPackage['scope'] {
  return scope === 'test' || scope === 'provided' || scope === 'system' ? 'development' : 'required';
}

type PomDependency = Record<'groupId' | 'artifactId' | 'version' | 'scope' | 'type' | 'classifier' | 'optional', string>;
type Pom = {
  readonly properties: Map<string, string>;
  readonly managed: PomDependency[];
  readonly dependencies: PomDependency[];
  isProject: boolean;
};

/**
 * Reads a pom.xml as far as it says by itself: its properties and dependencyManagement are applied, its parent, imported
 * BOMs and what packages need in turn are not, since they stand elsewhere.
 */
export function readPom(text: string): Locked {
  const pom: Pom = { properties: new Map(), managed: [], dependencies: [], isProject: false };
  const path: string[] = [];
  let at: PomDependency | null = null;
  const fault = walkXml(
    text,
    (name, _, opens) => {
      const where = path.join('/');
      if (!opens) {
        path.pop();
        if (name === 'dependency' && at !== null && path.at(-1) === 'dependencies') {
          const place = path.join('/');
          if (place === 'project/dependencies') pom.dependencies.push(at);
          if (place === 'project/dependencyManagement/dependencies') pom.managed.push(at);
          at = null;
        }
        return;
      }
      if (where === '' && name === 'project') pom.isProject = true;
      if (name === 'dependency') at = { groupId: '', artifactId: '', version: '', scope: '', type: '', classifier: '', optional: '' };
      path.push(name);
    },
    (words) => {
      const name = path.at(-1) ?? '';
      if (at !== null && path.at(-2) === 'dependency' && Object.hasOwn(at, name)) at[name as keyof PomDependency] += words.trim();
      if (at === null && path.length === 3 && path[1] === 'properties') pom.properties.set(name, words.trim());
      if (at === null && path.length === 2) pom.properties.set(`project.${name}`, words.trim());
      if (at === null && path.length === 3 && path[1] === 'parent') pom.properties.set(`project.parent.${name}`, words.trim());
    },
  );
  if (fault !== null || !pom.isProject) return unread(`pom.xml could not be read: ${fault ?? 'it is no project'}`);
  return fromPom(pom);
}

function fromPom({ properties, managed, dependencies }: Pom): Locked {
  for (const name of ['version', 'groupId']) {
    const inherited = properties.get(`project.parent.${name}`);
    if (inherited !== undefined && !properties.has(`project.${name}`)) properties.set(`project.${name}`, inherited);
  }
  const value = (text: string): string => resolve(text, properties);
  const versions = new Map(managed.map((one) => [`${value(one.groupId)}:${value(one.artifactId)}`, one] as const));
  const incomplete = ['pom.xml does not name what packages need in turn: mvn dependency:tree does'];
  const packages = dependencies.map((one) => {
    const [group, artifact] = [value(one.groupId), value(one.artifactId)];
    const managing = versions.get(`${group}:${artifact}`);
    const given = value(one.version || (managing?.version ?? ''));
    // A range or an open property is no version.
    const version = given === '' || /[${}[\](),]/.test(given) ? null : given;
    if (version === null) incomplete.push(`pom.xml gives no version for ${group}:${artifact}: it stands in a parent or an imported BOM`);
    const scope = value(one.scope || (managing?.scope ?? '')) || 'compile';
    const key = `${group}:${artifact}:${value(one.type) || 'jar'}:${value(one.classifier)}`;
    const purl = mavenPurl(group, artifact, version, value(one.type) || 'jar', value(one.classifier));
    return lockedPackage({
      key,
      name: `${group}:${artifact}`,
      version,
      purl,
      scope: one.optional === 'true' ? 'optional' : scopeOf(scope),
    });
  });
  return { packages: uniquePackages(packages), direct: packages.map((entry) => entry.key), incomplete: incomplete.slice(0, 20) };
}

/** `${name}` replaced, a few levels deep; what is not known stays as it stands. */
function resolve(text: string, properties: ReadonlyMap<string, string>): string {
  let now = text.trim().slice(0, 500);
  for (let level = 0; level < 10 && now.includes('${'); level += 1) {
    const next = now
      .replace(
        /\$\{([^{}]{1,100})\}/g,
        (whole, name: string) => properties.get(name) ?? properties.get(name.replace(/^pom\./, 'project.')) ?? whole,
      )
      .slice(0, 500);
    if (next === now) break;
    now = next;
  }
  return now;
}

/** Walks XML; answers why it is none, or null. No document type, so no entity of its own, is accepted. */
function walkXml(
  text: string,
  tag: (name: string, attributes: Readonly<Record<string, string>>, opens: boolean) => void,
  words: (text: string) => void = () => undefined,
): string | null {
  const parser = new SaxesParser();
  let depth = 0;
  parser.on('doctype', () => {
    throw new Error('it has a document type, which is not accepted');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if ((depth += 1) > 100) throw new Error('it is nested too deeply');
    tag(name, attributes, true);
  });
  parser.on('closetag', ({ name }) => {
    depth -= 1;
    tag(name, {}, false);
  });
  parser.on('text', words);
  parser.on('error', (error) => {
    throw error;
  });
  try {
    parser.write(text).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : 'it is no XML';
  }
}
