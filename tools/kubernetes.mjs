// Judges objects for Kubernetes: by its schemas, by the fields that its types know, and by what we ask of our own pods.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Kinds that the package of schemas doesn't have; they are checked by Helm's rendering and by our rules alone. */
const UNKNOWN = new Set(['gateway.networking.k8s.io/v1 HTTPRoute']);

/**
 * What is wrong with one object, in sentences. `models`: the node_modules folder in which kubernetes-models lies. Its compiled
 * schemas judge the values; its types name the fields, because schemas of Kubernetes allow what they don't know.
 */
export async function faultsOfObject(object, models) {
  const what = `${object.kind}/${object.metadata?.name}`;
  if (UNKNOWN.has(`${object.apiVersion} ${object.kind}`)) return [];
  const file = join(models, 'kubernetes-models', object.apiVersion, object.kind);
  if (!existsSync(`${file}.js`)) return [`${what}: there is no ${object.apiVersion} ${object.kind}`];
  const { [object.kind]: Kind } = await import(pathToFileURL(`${file}.js`).href);
  const faults = [];
  try {
    new Kind(object).validate();
  } catch (error) {
    faults.push(`${what}: ${error instanceof Error ? error.message : error}`);
  }
  return [...faults, ...strangers(object, typeAt(`${file}.d.ts`, `I${object.kind}`), what)];
}

/** Fields of `value` that its type doesn't have, at any depth. A type that can't be read (free maps, quantities) asks nothing. */
function strangers(value, type, path) {
  if (type === null || value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap((one, index) => strangers(one, type, `${path}[${index}]`));
  return Object.entries(value).flatMap(([name, inner]) => {
    if (!type.fields.has(name)) return [`${path}: there is no field ${name}`];
    return strangers(inner, type.fields.get(name)(), `${path}.${name}`);
  });
}

const read = new Map();

/** The fields of an interface in a file of types, each with how to find its own type; null where it is none of ours. */
function typeAt(file, name) {
  const key = `${file}#${name}`;
  if (!read.has(key)) read.set(key, readType(file, name));
  return read.get(key);
}

function readType(file, name) {
  if (!existsSync(file)) return null;
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const body = new RegExp(`export (?:interface|declare class) ${name}\\b[^{]*\\{([\\s\\S]*?)\\n\\}`).exec(text)?.[1];
  if (body === undefined) return null;
  const imported = new Map([...text.matchAll(/import \{ (\w+) \} from "([^"]+)";/g)].map((match) => [match[1], match[2]]));
  const fields = new Map();
  for (const match of body.matchAll(/^ {4}"([^"]+)"\??: (?:Array<)?([\w]+)?/gm)) {
    const from = imported.get(match[2]);
    fields.set(match[1], () => (from === undefined ? null : aliased(file, from)));
  }
  return fields.size === 0 ? null : { fields };
}

/** An import such as `IIoK8sApiCoreV1PodSpec` of `../../core/v1/PodSpec.js` is the interface `IPodSpec` there. */
function aliased(file, from) {
  const bare = from.replace(/\.js$/, '');
  const top = file.slice(0, file.indexOf('node_modules') + 'node_modules'.length);
  const target = bare.startsWith('.') ? join(dirname(file), bare) : join(top, bare);
  return typeAt(`${target}.d.ts`, `I${target.split('/').at(-1)}`);
}

/** What is wrong with a rendered release as a whole: pods that may more than they need, names that lead nowhere. */
export function faultsOfRelease(objects) {
  const faults = [];
  const say = (object, text) => faults.push(`${object.kind}/${object.metadata.name}: ${text}`);
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');
  if (workloads.length === 0) faults.push('it runs nothing');
  const claims = new Set(objects.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name));
  const within = (selector, labels) => Object.entries(selector).every(([name, value]) => labels[name] === value);
  for (const object of workloads) {
    const { template, selector, volumeClaimTemplates = [] } = object.spec;
    const pod = template.spec;
    if (!within(selector.matchLabels, template.metadata.labels)) say(object, 'its selector does not find its own pods');
    if (pod.securityContext?.runAsNonRoot !== true) say(object, 'its pods may run as root');
    if (pod.automountServiceAccountToken !== false) say(object, 'its pods get a token of the cluster');
    const unconfined = pod.securityContext?.seccompProfile?.type !== 'RuntimeDefault';
    if (unconfined && template.metadata.labels['app.kubernetes.io/component'] !== 'runner') say(object, 'its pods have no seccomp profile');
    const volumes = new Set([...(pod.volumes ?? []).map(({ name }) => name), ...volumeClaimTemplates.map(({ metadata }) => metadata.name)]);
    for (const { persistentVolumeClaim: claim } of pod.volumes ?? [])
      if (claim !== undefined && !claims.has(claim.claimName)) say(object, `there is no claim ${claim.claimName}`);
    for (const container of pod.containers) {
      const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext ?? {};
      if (allowPrivilegeEscalation !== false || readOnlyRootFilesystem !== true || !capabilities?.drop?.includes('ALL'))
        say(object, `${container.name} is not restricted`);
      if (container.resources?.limits?.memory === undefined) say(object, `${container.name} has no limit of memory`);
      for (const { name } of container.volumeMounts ?? []) if (!volumes.has(name)) say(object, `there is no volume ${name}`);
      if (object.kind === 'Deployment' && (container.readinessProbe === undefined || container.livenessProbe === undefined))
        say(object, `${container.name} has no probes`);
    }
  }
  const pods = workloads.map(({ spec }) => spec.template);
  for (const object of objects) {
    const selector =
      object.kind === 'Service'
        ? object.spec.selector
        : (object.spec?.podSelector ?? (object.kind === 'PodDisruptionBudget' ? object.spec.selector : undefined))?.matchLabels;
    const found = selector === undefined ? [] : pods.filter(({ metadata }) => within(selector, metadata.labels));
    if (selector !== undefined && found.length === 0) say(object, 'it selects no pod');
    for (const { targetPort } of object.kind === 'Service' ? (object.spec.ports ?? []) : [])
      if (!found.some(({ spec }) => spec.containers.some(({ ports = [] }) => ports.some(({ name }) => name === targetPort))))
        say(object, `no pod has a port ${targetPort}`);
  }
  const services = new Set(objects.filter(({ kind }) => kind === 'Service').map(({ metadata }) => metadata.name));
  for (const object of objects.filter(({ kind }) => kind === 'Ingress' || kind === 'HTTPRoute')) {
    const names = [...JSON.stringify(object.spec.rules).matchAll(/"(?:service":\{"name|backendRefs":\[\{"name)":"([^"]+)"/g)].map(
      (match) => match[1],
    );
    if (names.length === 0 || names.some((name) => !services.has(name))) say(object, `it leads to ${names.join(', ') || 'nothing'}`);
  }
  return faults;
}
