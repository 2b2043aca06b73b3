// npm run pack:release [-- --out FOLDER] [--key FILE.pem] [--repository URL] [--commit REF] [--twice]: what is published of a commit.
//   yardmaster-VERSION.tgz          the package, with npm-shrinkwrap.json: the exact versions and hashes that were tested.
//                                   npm takes them from a registry's package and in `npm ci` inside it; not from a mere file
//   yardmaster-VERSION.tgz.sha256   for sha256sum --check
//   yardmaster-VERSION.cdx.json     its SBOM (CycloneDX)
//   yardmaster-VERSION.intoto.json  its SLSA v1 provenance; with --key signed, in a DSSE envelope
// It is made of a commit (the one that is checked out, or another), never of the working folder. --twice makes it in two folders, and fails
// where the two packages are not the same bytes. The key is Ed25519 (openssl genpkey -algorithm ed25519).
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeProvenance } from '../src/artifacts/provenance/provenance.ts';
import { signStatement } from '../src/artifacts/provenance/statement.ts';
import { writeSbom } from '../src/artifacts/sbom/sbom.ts';
import { canonicalJson } from '../src/kernel/canonical.ts';
import { digestOf, digestOfValue } from '../src/kernel/digest.ts';
import { root } from './steps.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'release') },
    key: { type: 'string' },
    repository: { type: 'string' },
    commit: { type: 'string', default: 'HEAD' },
    twice: { type: 'boolean', default: false },
  },
});
const out = resolve(options.out);
const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).trim();
const startedAt = new Date().toISOString();
const commit = git('rev-parse', '--verify', '--end-of-options', `${options.commit}^{commit}`);
const committedAt = new Date(git('show', '-s', '--format=%cI', commit)).toISOString();
const project = JSON.parse(git('show', `${commit}:package.json`));
const { version } = project;
const manifest = published(project);
const lock = runtimeLock(JSON.parse(git('show', `${commit}:package-lock.json`)));

const bytes = pack();
if (options.twice && !pack().equals(bytes)) {
  process.stderr.write('The package is not the same when it is made again in another folder.\n');
  process.exit(1);
}
publish();

/** One package, made in a fresh folder from the commit; its bytes. */
function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'ym-pack-'));
  try {
    const archive = execFileSync('git', ['-C', root, 'archive', commit], { maxBuffer: 512 * 1024 * 1024 });
    execFileSync('tar', ['-x', '-C', folder], { input: archive });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'npm-shrinkwrap.json'), lock);
    execFileSync(process.execPath, ['tools/build.mjs'], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
    writeFileSync(join(folder, 'package.json'), manifest);
    const said = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: folder,
      encoding: 'utf8',
    });
    // Some versions of npm answer a list, others an object by name.
    const [{ filename }] = Object.values(JSON.parse(said));
    return readFileSync(join(folder, filename));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the package says of itself: nothing that only a working tree can do. */
function published(manifest) {
  const ours = Object.entries(manifest).filter(([name]) => !['private', 'scripts', 'devDependencies', 'allowScripts'].includes(name));
  return `${JSON.stringify(Object.fromEntries(ours), null, 2)}\n`;
}

/** The lock without what only development needs. No address of a registry is in it: who installs uses his own. */
function runtimeLock(whole) {
  const { devDependencies: _, ...ours } = whole.packages[''];
  const kept = Object.entries(whole.packages).filter(([key, entry]) => key !== '' && entry.dev !== true && entry.devOptional !== true);
  const packages = { '': ours, ...Object.fromEntries(kept.map(([key, { resolved: __, ...entry }]) => [key, entry])) };
  return `${JSON.stringify({ name: whole.name, version: whole.version, lockfileVersion: whole.lockfileVersion, requires: true, packages }, null, 2)}\n`;
}

function publish() {
  const name = `yardmaster-${version}`;
  const file = `${name}.tgz`;
  const digest = digestOf(bytes);
  const material = { path: 'npm-shrinkwrap.json', text: lock };
  const { bom, incomplete } = writeSbom({ service: 'yardmaster', artifact: file, digest, commit, materials: [material], at: committedAt });
  if (incomplete.length > 0) throw new Error(`the SBOM is not whole: ${incomplete.join('; ')}`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, file), bytes);
  writeFileSync(join(out, `${file}.sha256`), `${createHash('sha256').update(bytes).digest('hex')}  ${file}\n`);
  writeFileSync(join(out, `${name}.cdx.json`), `${JSON.stringify(bom, null, 2)}\n`);
  const statement = provenance(file, digest);
  const signer = options.key === undefined ? null : signerOf(readFileSync(options.key, 'utf8'));
  writeFileSync(join(out, `${name}.intoto.json`), `${canonicalJson(signer === null ? statement : signStatement(statement, signer))}\n`);
  process.stdout.write(
    `${join(out, file)}: ${(bytes.length / 1024).toFixed(0)} KiB, ${digest}\n` +
      `${bom.components.length} packages in its SBOM; provenance ${signer === null ? 'not signed (no --key)' : `signed by ${signer.keyId}`}\n`,
  );
}

function provenance(name, digest) {
  return writeProvenance({
    org: 'yardmaster',
    service: 'yardmaster',
    run: commit,
    job: 'pack-release',
    attempt: 1,
    name,
    digest,
    repository: options.repository ?? null,
    ref: null,
    commit,
    trust: 'trusted',
    executor: 'host',
    isolation: [],
    planDigest: digestOfValue({ commit, command: ['npm', 'run', 'pack:release'], node: process.version }),
    startedAt,
    finishedAt: new Date().toISOString(),
    materials: [{ path: 'npm-shrinkwrap.json', digest: digestOf(lock) }],
    inputs: [],
  });
}

function signerOf(pem) {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`the key is ${key.asymmetricKeyType}, not ed25519`);
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { keyId: createHash('sha256').update(der).digest('hex'), sign: (message) => sign(null, message, key) };
}
