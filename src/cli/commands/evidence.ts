import * as contract from '../../contract/evidence.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { listAnswers } from '../../contract/evidence-search.ts';
import { plus } from '../../kernel/time.ts';
import { findDeployment, findRelease, oneOf, wholeNumber } from '../refs.ts';
import { count, line, plain, table, when } from '../terminal.ts';

type FactOptions = { type?: string; about?: string; service?: string; since?: string; limit: string };

const DIRECT = /^(?:[a-z]{2,5}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{64})$/;

/** ym trace, why, bundle, trust, facts, checkpoint, proof */
export const evidenceCommands: AddCommand = (program, run) => {
  for (const add of [tracing, asking, bundling, proving]) add(program, run);
};

const tracing: AddCommand = (program, run) => {
  program
    .command('trace <from>')
    .description('walk commit, run, artifact, release, approval, deployment, incident both ways')
    .addHelpText('after', '\nFROM is RELEASE, DEPLOYMENT, any id, a sha256: digest or a full commit id.')
    .action(
      run(async (shell, from: string) => {
        const client = shell.client();
        const node = DIRECT.test(from)
          ? from
          : from.includes('/')
            ? await findDeployment(client, from)
            : (await findRelease(client, from)).id;
        const trace = await client.call(contract.traceFrom, { params: { node } });
        const facts = new Map(trace.facts.map((fact) => [fact.id, fact]));
        const rows = trace.nodes.map((one) => [
          { back: '<-', start: '==', forward: '->' }[one.direction],
          one.kind,
          one.id.length > 40 ? `${one.id.slice(0, 30)}…` : one.id,
          said(one.facts.flatMap((id) => facts.get(id) ?? [])),
        ]);
        shell.print(table(rows) + (trace.cut ? '\n(cut at its limit)' : ''), trace);
      }),
    );
  program
    .command('facts')
    .description('search what happened, newest first')
    .option('--type <type>', 'a type, or its beginning with a dot: service.')
    .option('--about <id>', 'facts that name this anywhere')
    .option('--service <service>', 'only of a service')
    .option('--since <instant>', 'only from then on')
    .option('--limit <n>', 'how many', '30')
    .action(
      run(async (shell, options: FactOptions) => {
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const query = { type: options.type, mentions: options.about, service: options.service, since: options.since, limit };
        const list = await shell.client().call(contract.listFacts, { query });
        const rows = list.items.map((one) => [when(one.at), one.type, line(one.subject), line(one.actor)]);
        shell.print(rows.length === 0 ? 'No facts.' : table(rows), list);
      }),
    );
};

const asking: AddCommand = (program, run) => {
  program
    .command('why')
    .description('the recorded answers to "may this ship?": why it was allowed, or was not, on a day')
    .option('--service <service>', 'only of a service')
    .option('--env <environment>', 'only for an environment')
    .option('--version <version>', 'only of a version')
    .option('--verdict <verdict>', 'only allow, wait, unknown or deny')
    .option('--on <day>', 'on this day (UTC): 2026-03-03')
    .option('--limit <n>', 'how many', '20')
    .action(
      run(async (shell, options: { service?: string; env?: string; version?: string; verdict?: string; on?: string; limit: string }) => {
        const verdict =
          options.verdict === undefined ? undefined : oneOf('--verdict', options.verdict, ['allow', 'wait', 'unknown', 'deny'] as const);
        const since = options.on === undefined ? undefined : `${options.on}T00:00:00Z`;
        const until = since === undefined || Number.isNaN(Date.parse(since)) ? undefined : plus(since, 86_400_000);
        const { service, env: environment, version } = options;
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const page = await shell.client().call(listAnswers, { query: { service, environment, version, verdict, since, until, limit } });
        const rows = page.items.map((one) => [
          when(one.at),
          one.verdict,
          `${one.service} ${line(one.version)} to ${one.environment}`,
          one.approvedBy.length === 0 ? '' : `approved by ${line(one.approvedBy.map(({ name }) => name).join(', '))}`,
          one.decision,
        ]);
        shell.print(rows.length === 0 ? 'Nothing like that was asked.' : table(rows), page);
      }),
    );
};

const bundling: AddCommand = (program, run) => {
  program
    .command('bundle <release>')
    .description('write the evidence bundle of a release: one file that a stranger verifies offline')
    .option('-o, --out <file>', 'where to (default: SERVICE-VERSION.bundle.json)')
    .option('--since <sizes>', 'sizes of checkpoints that you keep, with commas between')
    .action(
      run(async (shell, name: string, options: { out?: string; since?: string }) => {
        const client = shell.client();
        const release = await findRelease(client, name);
        const file = options.out ?? `${release.service}-${release.version.replaceAll(/[^0-9A-Za-z.+-]/g, '_')}.bundle.json`;
        shell.progress(`Packing the evidence of ${release.service}@${line(release.version)} ...`);
        const { stream } = await client.call(
          contract.getBundle,
          { params: { release: release.id }, query: { since: options.since } },
          { timeoutMs: 120_000 },
        );
        await writeWhole(file, stream);
        shell.print(
          `Wrote ${file}.\nVerify it anywhere, without a server: ym verify ${file} --trust trust.json\n(ym trust fetches trust.json, once, over a way you trust.)`,
          {
            file,
            release: release.id,
          },
        );
      }),
    );
  program
    .command('trust')
    .description('fetch the trust file (public keys, anchor checkpoints): once, over a way you trust')
    .option('-o, --out <file>', 'where to', 'trust.json')
    .action(
      run(async (shell, options: { out: string }) => {
        const trust = await shell.client().call(contract.getTrust);
        await writeWhole(options.out, `${JSON.stringify(trust, null, 2)}\n`);
        shell.print(`Wrote ${options.out} with ${count(trust.keys.length, 'key')}.`, {
          file: options.out,
          keys: trust.keys.map((key) => key.keyId),
        });
      }),
    );
  program
    .command('checkpoint')
    .description('save the newest signed checkpoint of the ledger, to keep it outside')
    .option('-o, --out <file>', 'where to (default: checkpoint-SIZE.txt)')
    .action(
      run(async (shell, options: { out?: string }) => {
        const checkpoint = await shell.client().call(contract.getCheckpoint);
        const file = options.out ?? `checkpoint-${checkpoint.size}.txt`;
        await writeWhole(file, checkpoint.note);
        shell.print(
          `Wrote ${file}: ${checkpoint.size} entries, signed ${when(checkpoint.at)}.\nLater: ym bundle RELEASE --since ${checkpoint.size}, then ym verify FILE --trust trust.json --checkpoint ${file}`,
          { file, ...checkpoint },
        );
      }),
    );
};

const proving: AddCommand = (program, run) => {
  const proof = program.command('proof').description('proofs of the ledger: RFC 6962 hashes');
  proof
    .command('inclusion <fact>')
    .description('prove that a fact is in the ledger, at its place')
    .option('--size <entries>', 'in the ledger of this size (default: the newest checkpoint)')
    .action(
      run(async (shell, fact: string, options: { size?: string }) => {
        const size = sizeOf('--size', options.size);
        const answer = await shell.client().call(contract.proveInclusion, { query: { fact, size } });
        shell.print(
          `${fact} is entry ${answer.position} of ${answer.size}.\nleaf ${plain(answer.leaf)}\n${answer.proof.join('\n')}`,
          answer,
        );
      }),
    );
  proof
    .command('consistency')
    .description('prove that the ledger of one size begins with that of a smaller one')
    .requiredOption('--from <entries>', 'the smaller size, of a checkpoint that you kept')
    .option('--to <entries>', 'the larger size (default: the newest checkpoint)')
    .action(
      run(async (shell, options: { from: string; to?: string }) => {
        const from = sizeOf('--from', options.from) ?? 0;
        const answer = await shell.client().call(contract.proveConsistency, { query: { from, to: sizeOf('--to', options.to) } });
        shell.print(`The ledger of ${answer.to} entries begins with that of ${answer.from}.\n${answer.proof.join('\n')}`, answer);
      }),
    );
};

const sizeOf = (option: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber(option, text, 0, Number.MAX_SAFE_INTEGER);

type Fact = { readonly type: string; readonly body: unknown };

/** What the facts of one thing say of it, in a few words: names and outcomes that their bodies carry, and how many they are. */
function said(facts: readonly Fact[]): string {
  const words = new Set<string>();
  for (const { body } of facts) {
    if (typeof body !== 'object' || body === null) continue;
    for (const key of ['version', 'environment', 'name', 'check', 'verdict', 'outcome', 'state', 'result']) {
      const value = (body as Record<string, unknown>)[key];
      if (typeof value === 'string' && value !== '' && value.length < 40 && !DIRECT.test(value)) words.add(line(value));
    }
  }
  return [...[...words].slice(0, 4), count(facts.length, 'fact')].join(', ');
}
