import type { Command } from 'commander';
import { EXIT } from '../exit-codes.ts';
import { readText, streamIn } from '../files.disk.ts';
import type { AddCommand, Run } from '../main.ts';
import { runIn, serviceIn, signedIn, type RunOptions } from '../record-options.ts';
import { oneOf } from '../refs.ts';
import { signerWords } from '../signer-words.ts';
import { line } from '../terminal.ts';
import { recordDeployments } from './record-deployments.ts';

const STATES = ['running', 'succeeded', 'failed', 'cancelled'] as const;

/** ym record build|report|artifact|attestation|deployment|incident|ticket */
export const recordCommands: AddCommand = (program, run) => {
  const group = program
    .command('record')
    .description('tell what a CI of your own built, found, deployed and saw: one line in a script')
    .addHelpText(
      'after',
      `
Inside GitHub Actions, GitLab CI, Jenkins, Azure Pipelines, Bitbucket Pipelines and
CircleCI the run, its commit, ref, job and address are read from the environment;
an option overrides what it says. Told twice is once, in any order.
Environment: YARDMASTER_SERVICE, YARDMASTER_URL, YARDMASTER_TOKEN.`,
    );
  build(group, run);
  report(group, run);
  artifact(group, run);
  attestation(group, run);
  recordDeployments(group, run);
};

/** The options that name the run. `--url` is the server, so that the run's own address is --run-url. */
export function runOptions(command: Command): Command {
  return command
    .option('--service <service>', 'of which service (default: YARDMASTER_SERVICE)')
    .option('--system <name>', 'the CI: jenkins, gitlab-ci ... (default: the one this runs in)')
    .option('--run-id <id>', 'which run there')
    .option('--attempt <n>', 'which attempt of it')
    .option('--run-url <url>', 'where people see it')
    .option('--commit <id>', 'the whole id of the commit')
    .option('--ref <ref>', 'refs/heads/main')
    .option('--job <job>', 'which job of the run');
}

function build(group: Command, run: Run): void {
  runOptions(group.command('build'))
    .description('how the run, or with --job one job of it, stands')
    .requiredOption('--state <state>', STATES.join(', '))
    .option('--started-at <instant>', 'when it began (default: now)')
    .option('--finished-at <instant>', 'when it ended (default: now)')
    .action(
      run(async (shell, options: RunOptions & { state: string; startedAt?: string; finishedAt?: string }) => {
        const { recordBuild } = await import('../../contract/record.ts');
        const state = oneOf('--state', options.state, STATES);
        const { job: _, ...named } = runIn(options, process.env);
        const { startedAt, finishedAt, job } = options;
        // The environment knows the job that runs this line; it is told of only where somebody says so.
        const told = await shell.client().call(recordBuild, { body: { ...named, job, state, startedAt, finishedAt } });
        shell.print(`${told.run} is ${told.state} (${told.trust})${again(told.fresh)}`, told);
      }),
    );
}

function report(group: Command, run: Run): void {
  runOptions(group.command('report <file>'))
    .description('what a tool wrote: tests, coverage, findings, a bill of materials')
    .requiredOption('--kind <kind>', 'junit, lcov, cobertura, sarif, cyclonedx ...')
    .option('--name <name>', 'to tell two of one kind apart (default: job and kind)')
    .option('--artifact <name>', 'it speaks for the artifact of this name and this commit, now or later')
    .option('--digest <digest>', 'it speaks for these very bytes')
    .action(
      run(async (shell, file: string, options: RunOptions & { kind: string; name?: string; artifact?: string; digest?: string }) => {
        const { recordReport } = await import('../../contract/record.ts');
        const { job, ...named } = runIn(options, process.env);
        const { kind, name, artifact, digest } = options;
        const query = { ...named, ...(job === null ? {} : { job }), kind, name, artifact, digest, path: file.slice(-1000) };
        const told = await shell
          .client()
          .call(recordReport, { query: defined(query), body: await streamIn(file) }, { idempotencyKey: null });
        const { report } = told;
        const state = report === null ? 'kept' : `${report.state}${report.reason === null ? '' : `: ${line(report.reason)}`}`;
        shell.print(`${line(told.name)} of ${told.run} is ${state} (${told.trust})${again(told.fresh)}`, told);
        // It is kept as what it is, and never passes; the script that sent it should know.
        return report !== null && !['ok', 'received'].includes(report.state) ? EXIT.failed : EXIT.ok;
      }),
    );
}

function artifact(group: Command, run: Run): void {
  runOptions(group.command('artifact [file]'))
    .description('what was made: a file, a folder (sent as a tar archive), or with --digest something that lies elsewhere')
    .option('--name <name>', 'its name (default: the service)')
    .option('--digest <digest>', 'sha256:...; with a file, what its bytes must be')
    .option('--reference <reference>', 'where it lies: registry.example.org/shop@sha256:...')
    .action(
      run(async (shell, file: string | undefined, options: RunOptions & { name?: string; digest?: string; reference?: string }) => {
        const contract = await import('../../contract/record.ts');
        const { usage } = await import('../cli.problems.ts');
        const { job, ...run } = runIn(options, process.env);
        const { digest = options.reference?.split('@').at(-1), reference, name = run.service } = options;
        const named = { ...run, ...(job === null ? {} : { job }), name };
        const client = shell.client();
        if (file === undefined && (digest === undefined || !digest.startsWith('sha256:')))
          throw usage({
            what: 'There is neither a file nor a digest.',
            try: 'Give FILE, --digest sha256:..., or --reference NAME@sha256:...',
          });
        const told =
          file === undefined
            ? await client.call(contract.recordArtifactDigest, { body: { ...named, digest: digest ?? '', reference } })
            : await (await import('../send-artifact.ts')).sendArtifact(client, defined(named), file, options.digest, process.env);
        shell.print(
          `${line(told.name)} is ${told.digest} (${told.trust})${told.kept ? '' : ', its bytes lie elsewhere'}${again(told.fresh)}`,
          told,
        );
      }),
    );
}

function attestation(group: Command, run: Run): void {
  group
    .command('attestation <file>')
    .description('a signed in-toto statement about an artifact: a DSSE envelope, or a Sigstore bundle of one')
    .option('--service <service>', 'of which service (default: YARDMASTER_SERVICE)')
    .action(
      run(async (shell, file: string, options: { service?: string }) => {
        const { recordAttestation } = await import('../../contract/record.ts');
        const service = serviceIn(options, process.env);
        const client = shell.client();
        const items = [];
        for (const signed of signedIn(await readText(file), file))
          items.push(await client.call(recordAttestation, { body: { service, ...signed } }));
        const said = items.map((one) => {
          const lack =
            one.unsigned === null
              ? ''
              : '; it proves nothing until somebody registered signs it (ym recorder-key add, ym recorder-identity add)';
          const by = `${line(signerWords(one))}${lack}`;
          return `${line(one.predicateType)} of ${one.digests.length === 1 ? (one.digests[0] ?? '') : `${one.digests.length} artifacts`}, ${by}${again(one.fresh)}`;
        });
        shell.print(said.join('\n'), { items });
      }),
    );
}

/** What an option left out must not be sent as. */
function defined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;
}

export function again(fresh: boolean): string {
  return fresh ? '' : '; it was told before';
}
