import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import * as contract from '../../contract/promotions.ts';
import type { PromotionView } from '../../contract/promotions.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import type { AddCommand, Run } from '../main.ts';
import { digestOf, findRelease, wholeNumber } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, table, when } from '../terminal.ts';

type PromoteOptions = { to?: string; env?: string; release?: string; tag?: string; wait?: string | boolean };

/** How long `--wait` waits by default, and how often it looks. */
const WAIT_S = 600;
const LOOK_MS = 1000;

/** ym artifact promote */
export function addPromote(group: Command, run: Run): void {
  group
    .command('promote [digest]')
    .description('copy an artifact by its digest into a registry of releases, with all that is attested of it')
    .option('--to <destination>', 'to this destination')
    .option('--env <environment>', 'to every destination of this environment for the service’s tier')
    .option('--release <release>', 'as part of this release; without a digest: all that it holds')
    .option('--tag <tag>', 'under this name; without one the release’s version')
    .option('--wait [seconds]', 'until it is promoted, refused or failed')
    .action(
      run(async (shell, digest: string | undefined, options: PromoteOptions) => {
        const client = shell.client();
        if (options.to === undefined && options.env === undefined)
          throw usage({
            what: 'Where to is missing.',
            try: 'Give --to DESTINATION (ym promotion destinations), or --env ENVIRONMENT for all of an environment.',
          });
        const release = options.release === undefined ? undefined : await findRelease(client, options.release);
        if (digest === undefined && release === undefined)
          throw usage({
            what: 'It names neither an artifact nor a release.',
            try: 'ym artifact promote --release RELEASE --env ENVIRONMENT',
          });
        const digests = digest === undefined ? (release?.digests ?? []) : [digestOf(digest)];
        const items: PromotionView[] = [];
        for (const one of digests) {
          const body = { destination: options.to, environment: options.env, release: release?.id, tag: options.tag };
          items.push(...(await client.call(contract.promoteArtifact, { params: { digest: one }, body })).items);
        }
        const seconds = options.wait === true ? WAIT_S : wholeNumber('--wait', String(options.wait ?? 0), 0, 86_400);
        const after = options.wait === undefined ? items : await waitFor(shell, items, seconds);
        shell.print(words(after), { items: after });
        return options.wait === undefined ? EXIT.ok : exitFor(after);
      }),
    );
}

function exitFor(items: readonly PromotionView[]): Exit {
  const states = items.map((one) => one.state);
  if (states.includes('failed')) return EXIT.failed;
  if (states.includes('refused')) return EXIT.denied;
  return states.includes('asked') ? EXIT.waiting : EXIT.ok;
}

async function waitFor(shell: Shell, items: readonly PromotionView[], seconds: number): Promise<PromotionView[]> {
  const client = shell.client();
  for (const end = Date.now() + seconds * 1000; ;) {
    const now = await Promise.all(items.map((one) => client.call(contract.getPromotion, { params: { promotion: one.id } })));
    if (now.every((one) => one.state !== 'asked') || Date.now() > end) return now;
    await sleep(LOOK_MS, undefined, { signal: shell.signal });
  }
}

/** ym promotion destinations|set|remove|list|show */
export const promotionCommands: AddCommand = (program, run) => {
  const group = program.command('promotion').description('where artifacts are promoted to, and what was');
  group
    .command('destinations')
    .description('where artifacts can be promoted to')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listDestinations);
        const rows = list.items.map((one) => [
          one.name,
          one.connection,
          line(one.repository),
          one.environment ?? 'no environment',
          one.tiers === null ? 'every tier' : `tier ${one.tiers.join(', ')}`,
        ]);
        const none = 'No destinations yet. Connect a registry, then: ym promotion set NAME --connection REGISTRY --repository PATH';
        shell.print(rows.length === 0 ? none : table(rows), list);
      }),
    );
  group
    .command('set <name>')
    .description('say where artifacts are promoted to')
    .requiredOption('--connection <connection>', 'a connected registry')
    .requiredOption('--repository <path>', 'its repository; {service} and {artifact} are filled in')
    .option('--env <environment>', 'what goes there needs the answer of this environment')
    .option('--tier <tier...>', 'only services of these tiers')
    .action(
      run(async (shell, destination: string, options: { connection: string; repository: string; env?: string; tier?: string[] }) => {
        const { connection, repository, env, tier } = options;
        const tiers = tier?.map((one) => wholeNumber('--tier', one, 1, 3)) ?? null;
        const body = { connection, repository, environment: env ?? null, tiers };
        const made = await shell.client().call(contract.setDestination, { params: { destination }, body });
        shell.print(`${made.name}: ${line(made.repository)} at ${made.connection}.`, made);
      }),
    );
  group
    .command('remove <name>')
    .description('promote nothing there any more')
    .action(
      run(async (shell, destination: string) => {
        const gone = await shell.client().call(contract.removeDestination, { params: { destination } });
        shell.print(`Nothing is promoted to ${destination} any more; what was stays there.`, gone);
      }),
    );
  group
    .command('list')
    .description('promotions, newest first')
    .option('--digest <digest>', 'only of this artifact')
    .option('--release <release>', 'only of this release')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, options: { digest?: string; release?: string; limit: string }) => {
        const client = shell.client();
        const digest = options.digest === undefined ? undefined : digestOf(options.digest);
        const release = options.release === undefined ? undefined : (await findRelease(client, options.release)).id;
        const query = { digest, release, limit: wholeNumber('--limit', options.limit, 1, 1000) };
        const list = await client.call(contract.listPromotions, { query });
        shell.print(
          list.items.length === 0 ? 'Nothing was promoted. Promote with: ym artifact promote DIGEST --to DESTINATION' : words(list.items),
          list,
        );
      }),
    );
  group
    .command('show <promotion>')
    .description('one promotion; its signed record and verification summary come with --json')
    .action(
      run(async (shell, promotion: string) => {
        const one = await shell.client().call(contract.getPromotion, { params: { promotion } });
        shell.print(words([one]), one);
      }),
    );
};

function words(items: readonly PromotionView[]): string {
  const rows = items.map((one) => [
    one.state,
    one.service,
    one.destination,
    one.tag ?? '',
    one.location ?? one.digest,
    when(one.promotedAt ?? one.askedAt),
    one.id,
  ]);
  const why = items.flatMap((one) => one.reasons.map((reason) => `${one.destination}: ${line(reason.text)}`));
  return [table(rows), ...why].join('\n');
}
