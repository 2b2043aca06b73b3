import semver from 'semver';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { cyclesOf } from '../kernel/graph.ts';
import { suggest } from '../kernel/suggest.ts';
import type { YamlDocument, YamlPath } from '../kernel/yaml.ts';
import type { Catalog, ServiceEntry } from './catalog.ts';

/** Checks what the entries of `file` say of each other; `whole` is the catalog as it will be. */
export function checkCatalog(document: YamlDocument, file: Catalog, whole: Catalog): readonly Diagnostic[] {
  return [
    ...Object.entries(file.environments).flatMap(([name, one]) => checkRoad(document, name, one.after, whole)),
    ...Object.entries(file.services).flatMap(([name, one]) => checkService(document, name, one, whole)),
    ...checkLeftBehind(document, file, whole),
    ...checkCycles(document, file, whole),
  ];
}

function checkRoad(document: YamlDocument, name: string, after: readonly string[], whole: Catalog): Diagnostic[] {
  return after.flatMap((before, index) => {
    if (Object.hasOwn(whole.environments, before)) return [];
    const path = entryPath(document, ['environments', name, 'after'], index);
    return [
      document.error(
        path,
        'catalog.unknown-environment',
        `there is no environment "${before}"`,
        suggest(before, others(whole.environments, name)),
      ),
    ];
  });
}

function checkService(document: YamlDocument, name: string, service: ServiceEntry, whole: Catalog): Diagnostic[] {
  const path = ['services', name];
  const found: Diagnostic[] = [];
  if (!Object.hasOwn(whole.teams, service.team)) {
    found.push(
      document.error(
        [...path, 'team'],
        'catalog.unknown-team',
        `there is no team "${service.team}"`,
        suggest(service.team, Object.keys(whole.teams)),
      ),
    );
  }
  for (const [index, { service: other, range }] of service.dependsOn.entries()) {
    const at = dependencyPath(document, [...path, 'depends-on'], other, index);
    if (!Object.hasOwn(whole.services, other)) {
      found.push({
        ...document.error(at, 'catalog.unknown-service', `there is no service "${other}"`, suggest(other, others(whole.services, name))),
        range: document.keyAt(at),
      });
    }
    if (range !== null && semver.validRange(range) === null) {
      found.push(document.error(at, 'catalog.range', `"${range}" is no range of versions`, 'Write it as ^1.2.0, >=1.2 <3, or * for any.'));
    }
  }
  for (const [environment, values] of Object.entries(service.configuration)) {
    const at = [...path, 'configuration', environment];
    if (!Object.hasOwn(whole.environments, environment)) {
      found.push({
        ...document.error(
          at,
          'catalog.unknown-environment',
          `there is no environment "${environment}"`,
          suggest(environment, Object.keys(whole.environments)),
        ),
        range: document.keyAt(at),
      });
    }
    for (const key of Object.keys(values)) if (SECRET.test(key)) found.push(looksSecret(document, [...at, key], key));
  }
  return found;
}

const SECRET = /(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;

function looksSecret(document: YamlDocument, path: YamlPath, key: string): Diagnostic {
  const error = document.error(
    path,
    'catalog.secret-in-configuration',
    `"${key}" looks like a secret, and configuration is readable by everyone`,
    'Keep it as a secret of the service, and remove it here.',
  );
  return { ...error, severity: 'warning', range: document.keyAt(path) };
}

// What the file doesn't name but keeps must still stand after the change: a pruned team may not leave services behind.
function checkLeftBehind(document: YamlDocument, file: Catalog, whole: Catalog): Diagnostic[] {
  return Object.entries(whole.services).flatMap(([name, service]) => {
    if (Object.hasOwn(file.services, name) || Object.hasOwn(whole.teams, service.team)) return [];
    return [
      document.error(
        ['teams'],
        'catalog.team-in-use',
        `the team "${service.team}" still owns the service "${name}"`,
        'Name the team, or give the service to another.',
      ),
    ];
  });
}

function checkCycles(document: YamlDocument, file: Catalog, whole: Catalog): Diagnostic[] {
  const roads = Object.entries(whole.environments).map(([name, one]) => ({ name, needs: one.after }));
  const services = Object.entries(whole.services).map(([name, one]) => ({ name, needs: one.dependsOn.map((other) => other.service) }));
  const tell = (cycle: readonly string[], kind: 'environments' | 'services', key: string, verb: string): Diagnostic => {
    const name = cycle.find((one) => Object.hasOwn(file[kind], one)) ?? cycle[0] ?? '';
    const way = [...cycle, cycle[0]].map((one) => `"${one}"`).join(` ${verb} `);
    return document.error([kind, name, key], 'catalog.cycle', `this goes in a circle: ${way}`, `Remove one of them.`);
  };
  return [
    ...cyclesOf(roads).map((cycle) => tell(cycle, 'environments', 'after', 'comes after')),
    ...cyclesOf(services).map((cycle) => tell(cycle, 'services', 'depends-on', 'depends on')),
  ];
}

function others(all: Readonly<Record<string, unknown>>, self: string): string[] {
  return Object.keys(all).filter((name) => name !== self);
}

// `after: dev` and `after: [dev]` are the same to the reader; the words stand at different places.
function entryPath(document: YamlDocument, path: YamlPath, index: number): YamlPath {
  return Array.isArray(valueAt(document.value, path)) ? [...path, index] : path;
}

function dependencyPath(document: YamlDocument, path: YamlPath, name: string, index: number): YamlPath {
  return Array.isArray(valueAt(document.value, path)) ? [...path, index] : [...path, name];
}

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (node, step) => (node !== null && typeof node === 'object' ? (node as Record<string | number, unknown>)[step] : undefined),
    value,
  );
}
