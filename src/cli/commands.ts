import { catalogCommands } from './commands/catalog.ts';
import { completionCommand } from './commands/completion.ts';
import { deploymentCommands } from './commands/deployments.ts';
import { doctorCommand } from './commands/doctor.ts';
import { evidenceCommands } from './commands/evidence.ts';
import { freezeCommands } from './commands/calendar.ts';
import { peopleCommands, sessionCommands, tokenCommands } from './commands/identity.ts';
import { incidentCommands } from './commands/incidents.ts';
import { metricsCommand } from './commands/metrics.ts';
import { localCommands } from './commands/local.ts';
import { agentCommands, machineCommands } from './commands/machines.ts';
import { approvalCommands, decisionCommands, releaseCommands } from './commands/releases.ts';
import { runCommands } from './commands/runs.ts';
import { statusCommand } from './commands/status.ts';
import { waiverCommands } from './commands/waivers.ts';
import { verifyCommand } from './commands/verify.ts';
import type { AddCommand } from './main.ts';

/** Every command of `ym`, in the order of its help: the road from a commit to production. */
export const COMMANDS: readonly AddCommand[] = [
  statusCommand,
  catalogCommands,
  runCommands,
  localCommands,
  releaseCommands,
  approvalCommands,
  decisionCommands,
  deploymentCommands,
  freezeCommands,
  incidentCommands,
  waiverCommands,
  metricsCommand,
  evidenceCommands,
  verifyCommand,
  sessionCommands,
  tokenCommands,
  peopleCommands,
  machineCommands,
  agentCommands,
  doctorCommand,
  completionCommand,
];
