import type { AddCommand } from './main.ts';

/** Commands that come in one file: the first words they answer to, and where they are. */
export type CommandFile = {
  readonly group: string;
  readonly words: readonly string[];
  readonly load: () => Promise<readonly AddCommand[]>;
};

const ROAD = 'The road:';
const RULES = 'Rules and what suspends them:';
const LOOK = 'Looking:';
const PROOF = 'Proof:';
const PEOPLE = 'You and others:';
const MACHINES = 'Machines and setting up:';

/**
 * Every command of `ym` in the order of its help. A file is loaded only when its word is said (or all are listed):
 * the contract of the whole wire costs a tenth of a second that `ym approve` need not pay. A test holds `words` to
 * what the files really add.
 */
export const COMMAND_FILES: readonly CommandFile[] = [
  {
    group: ROAD,
    words: ['apply', 'services', 'teams'],
    load: async () => [(await import('./commands/catalog.ts')).catalogCommands],
  },
  {
    group: ROAD,
    words: ['run', 'logs', 'pipeline'],
    load: async () => {
      const [runs, pipelines] = await Promise.all([import('./commands/runs.ts'), import('./commands/pipelines.ts')]);
      return [runs.runCommands, pipelines.pipelineCommands];
    },
  },
  { group: ROAD, words: ['version', 'notes'], load: async () => [(await import('./commands/local.ts')).localCommands] },
  { group: ROAD, words: ['release'], load: async () => [(await import('./commands/releases.ts')).releaseCommands] },
  {
    group: ROAD,
    words: ['approve', 'reject', 'withdraw', 'change'],
    load: async () => [(await import('./commands/approvals.ts')).approvalCommands],
  },
  { group: ROAD, words: ['may-ship', 'decision'], load: async () => [(await import('./commands/decisions.ts')).decisionCommands] },
  {
    group: ROAD,
    words: ['deploy', 'rollback', 'deployment'],
    load: async () => [(await import('./commands/deployments.ts')).deploymentCommands],
  },
  { group: ROAD, words: ['environments', 'env'], load: async () => [(await import('./commands/environments.ts')).environmentCommands] },
  {
    group: MACHINES,
    words: ['recorder-key', 'recorder-identity', 'sigstore-root'],
    load: async () => {
      const recorders = await import('./commands/recorders.ts');
      return [recorders.recorderKeyCommands, recorders.recorderIdentityCommands, recorders.sigstoreRootCommands];
    },
  },
  { group: ROAD, words: ['adopt'], load: async () => [(await import('./commands/adopt.ts')).adoptCommand] },
  { group: ROAD, words: ['record'], load: async () => [(await import('./commands/record.ts')).recordCommands] },
  { group: LOOK, words: ['inventory'], load: async () => [(await import('./commands/inventory.ts')).inventoryCommand] },
  { group: LOOK, words: ['ticket'], load: async () => [(await import('./commands/record-deployments.ts')).ticketCommands] },
  { group: LOOK, words: ['inbox'], load: async () => [(await import('./commands/inbox.ts')).inboxCommand] },
  { group: LOOK, words: ['status'], load: async () => [(await import('./commands/status.ts')).statusCommand] },
  { group: LOOK, words: ['report'], load: async () => [(await import('./commands/reports.ts')).reportCommands] },
  { group: LOOK, words: ['artifact'], load: async () => [(await import('./commands/artifacts.ts')).artifactCommands] },
  { group: LOOK, words: ['promotion'], load: async () => [(await import('./commands/promotions.ts')).promotionCommands] },
  { group: LOOK, words: ['packages'], load: async () => [(await import('./commands/packages.ts')).packageCommands] },
  { group: LOOK, words: ['advisories'], load: async () => [(await import('./commands/advisories.ts')).advisoryCommands] },
  { group: PROOF, words: ['sbom'], load: async () => [(await import('./commands/sbom.ts')).sbomCommands] },
  { group: LOOK, words: ['incident'], load: async () => [(await import('./commands/incidents.ts')).incidentCommands] },
  { group: LOOK, words: ['metrics'], load: async () => [(await import('./commands/metrics.ts')).metricsCommand] },
  { group: LOOK, words: ['export'], load: async () => [(await import('./commands/export.ts')).exportCommand] },
  { group: RULES, words: ['policy'], load: async () => [(await import('./commands/policies.ts')).policyCommands] },
  { group: RULES, words: ['freeze'], load: async () => [(await import('./commands/calendar.ts')).freezeCommands] },
  { group: RULES, words: ['calendar'], load: async () => [(await import('./commands/calendar-view.ts')).calendarCommand] },
  { group: RULES, words: ['debts'], load: async () => [(await import('./commands/debts.ts')).debtsCommand] },
  { group: RULES, words: ['waiver'], load: async () => [(await import('./commands/waivers.ts')).waiverCommands] },
  {
    group: PROOF,
    words: ['trace', 'facts', 'why', 'bundle', 'trust', 'checkpoint', 'proof'],
    load: async () => [(await import('./commands/evidence.ts')).evidenceCommands],
  },
  { group: PROOF, words: ['attest'], load: async () => [(await import('./commands/attest.ts')).attestCommands] },
  { group: PROOF, words: ['verify'], load: async () => [(await import('./commands/verify.ts')).verifyCommand] },
  {
    group: PEOPLE,
    words: ['setup', 'login', 'logout', 'whoami', 'session', 'password', 'second-factor', 'delegate'],
    load: async () => [(await import('./commands/session.ts')).sessionCommands],
  },
  { group: PEOPLE, words: ['token'], load: async () => [(await import('./commands/tokens.ts')).tokenCommands] },
  { group: PEOPLE, words: ['provider'], load: async () => [(await import('./commands/providers.ts')).providerCommands] },
  { group: PEOPLE, words: ['people'], load: async () => [(await import('./commands/mapping.ts')).mappingCommands] },
  { group: PEOPLE, words: ['workload'], load: async () => [(await import('./commands/workloads.ts')).workloadCommands] },
  { group: PEOPLE, words: ['person', 'role', 'bot'], load: async () => [(await import('./commands/people.ts')).peopleCommands] },
  {
    group: MACHINES,
    words: ['runner', 'agent', 'secret', 'hook'],
    load: async () => [(await import('./commands/machines.ts')).machineCommands],
  },
  {
    group: LOOK,
    words: ['mr'],
    load: async () => [(await import('./commands/merge-requests.ts')).mergeRequestCommands],
  },
  {
    group: MACHINES,
    words: ['connect'],
    load: async () => [(await import('./commands/connections.ts')).connectionCommands],
  },
  {
    group: MACHINES,
    words: ['hooks', 'deliveries'],
    load: async () => [(await import('./commands/hooks.ts')).hookCommands],
  },
  { group: MACHINES, words: ['notify'], load: async () => [(await import('./commands/notify.ts')).notifyCommands] },
  {
    group: MACHINES,
    words: ['subscriptions'],
    load: async () => [(await import('./commands/subscriptions.ts')).subscriptionCommands],
  },
  { group: MACHINES, words: ['keys'], load: async () => [(await import('./commands/keys.ts')).keyCommands] },
  {
    group: PEOPLE,
    words: ['audit', 'instance', 'parked', 'end-everybody'],
    load: async () => [(await import('./commands/admin.ts')).adminCommands],
  },
  {
    group: MACHINES,
    words: ['retention'],
    load: async () => [(await import('./commands/retention.ts')).retentionCommands],
  },
  { group: MACHINES, words: ['backup', 'restore'], load: async () => [(await import('./commands/keeping.ts')).keepingCommands] },
  { group: MACHINES, words: ['support-bundle'], load: async () => [(await import('./commands/support.ts')).supportCommand] },
  { group: MACHINES, words: ['doctor'], load: async () => [(await import('./commands/doctor.ts')).doctorCommand] },
  { group: MACHINES, words: ['completion'], load: async () => [(await import('./commands/completion.ts')).completionCommand] },
];
