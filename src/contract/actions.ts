/**
 * Every action that a person, bot or token can be allowed, and the roles that hold it. Read top to bottom it is the
 * permission table; the tests enumerate it. A role held over a team covers its services, over a service its environments.
 */
export const ROLES = ['viewer', 'developer', 'approver', 'release-manager', 'auditor', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const everyone = ROLES;
const developers = ['developer', 'release-manager', 'admin'] as const;
const managers = ['release-manager', 'admin'] as const;
const admins = ['admin'] as const;

export const ACTIONS = {
  'catalog.read': everyone,
  'catalog.apply': managers,
  'run.read': everyone,
  'run.start': developers,
  'run.cancel': developers,
  /** To tell what a foreign CI built, found, deployed or saw. */
  'record.write': developers,
  'secret.write': managers,
  'artifact.read': everyone,
  'artifact.revoke': managers,
  /** To have one copied into a registry of releases; whether it may go there is decided by its rules. */
  'artifact.promote': developers,
  'report.read': everyone,
  'policy.read': everyone,
  'policy.write': managers,
  'waiver.read': everyone,
  'waiver.request': developers,
  'waiver.decide': ['approver', 'release-manager', 'admin'],
  'environment.read': everyone,
  'environment.verify': ['developer', 'approver', 'release-manager', 'admin'],
  'environment.book': developers,
  'incident.read': everyone,
  'incident.write': developers,
  'release.read': everyone,
  'release.create': developers,
  'release.ready': ['developer', 'approver', 'release-manager', 'admin'],
  'approval.give': ['approver', 'release-manager', 'admin'],
  'calendar.read': everyone,
  'freeze.read': everyone,
  'freeze.write': managers,
  'deployment.read': everyone,
  'deployment.start': developers,
  'deployment.rollback': developers,
  'deployment.break-glass': ['release-manager', 'admin'],
  'evidence.read': everyone,
  'ledger.read': ['auditor', 'release-manager', 'admin'],
  'metrics.read': everyone,
  'connection.read': managers,
  'connection.write': admins,
  'admin.people': admins,
  'admin.tokens': admins,
  'admin.machines': admins,
  'admin.operate': admins,
  'admin.audit': ['auditor', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof ACTIONS;

/** Whether `role` holds `action`. */
export function roleMay(role: Role, action: Action): boolean {
  return (ACTIONS[action] as readonly Role[]).includes(role);
}
