import type { DeploymentState } from '../../contract/deployments.ts';
import type { Step } from '../../deployments/strategy.ts';
import type { Severity } from '../../environments/incident.ts';
import type { Instant } from '../../kernel/time.ts';

/** What the board is folded from: one list of rows for each kind of thing, each read with one question. */
export type ServiceRow = {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  readonly teamId: string;
  readonly tier: number;
  readonly observeOnly: boolean;
};

export type RunningRow = {
  readonly service: string;
  readonly environment: string;
  readonly release: string;
  readonly version: string;
  readonly digest: string | null;
  readonly deployment: string;
  readonly since: Instant;
  /** Of the last words of the checks: whether one passed, one failed, one was revoked; null: nobody spoke. */
  readonly passed: boolean | null;
  readonly failed: boolean | null;
  readonly revoked: boolean | null;
};

export type OpenDeploymentRow = {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly release: string;
  readonly version: string;
  readonly digest: string;
  readonly kind: 'deploy' | 'rollback';
  readonly state: DeploymentState;
  readonly plan: readonly Step[];
  readonly step: number;
  readonly goingBack: boolean;
  readonly holds: boolean;
  readonly earliest: Instant | null;
};

export type LastDeploymentRow = {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly release: string;
  readonly version: string;
  readonly digest: string;
  readonly state: DeploymentState;
  readonly at: Instant;
};

/** A place whose agent saw something else than what is recorded. */
export type DriftRow = {
  readonly service: string;
  readonly environment: string;
  /** The digests that should serve. */
  readonly wanted: readonly string[];
  readonly serving: readonly { readonly digest: string; readonly version: string; readonly state: string; readonly weight: number }[];
};

export type LastRunRow = {
  readonly service: string;
  readonly id: string;
  readonly state: 'queued' | 'running' | 'cancelling' | 'succeeded' | 'failed' | 'cancelled';
  readonly at: Instant;
};

export type NewestReleaseRow = {
  readonly service: string;
  readonly release: string;
  readonly version: string;
  readonly digest: string | null;
  readonly targets: readonly string[];
};

export type IncidentRow = {
  readonly id: string;
  readonly service: string;
  readonly environment: string | null;
  readonly severity: Severity;
};

/** Debts of a whole team have no service. */
export type DebtRow = { readonly teamId: string; readonly service: string | null; readonly due: Instant };

export type BoardEnvironment = { readonly id: string; readonly name: string };

export type BoardRows = {
  readonly services: readonly ServiceRow[];
  readonly environments: readonly BoardEnvironment[];
  readonly running: readonly RunningRow[];
  readonly open: readonly OpenDeploymentRow[];
  readonly last: readonly LastDeploymentRow[];
  readonly drift: readonly DriftRow[];
  readonly runs: readonly LastRunRow[];
  readonly newest: readonly NewestReleaseRow[];
  readonly incidents: readonly IncidentRow[];
  readonly debts: readonly DebtRow[];
};
