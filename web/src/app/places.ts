import type { ComponentType } from 'react';
import type { IconName } from '../kit/icons.tsx';
import { InboxBadge } from './inbox-badge.tsx';

export type Place = {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  /** The second key after `g`. */
  readonly key: string | null;
  /** A count beside the label. */
  readonly badge?: ComponentType;
};

/** The screens in the order of the menu. */
export const PLACES: readonly Place[] = [
  { to: '/', label: 'Yard', icon: 'yard', key: 'y' },
  { to: '/inbox', label: 'Inbox', icon: 'inbox', key: 'i', badge: InboxBadge },
  { to: '/releases', label: 'Releases', icon: 'release', key: 'r' },
  { to: '/runs', label: 'Runs', icon: 'run', key: 'u' },
  { to: '/calendar', label: 'Calendar', icon: 'calendar', key: 'c' },
  { to: '/services', label: 'Services', icon: 'service', key: 's' },
  { to: '/environments', label: 'Environments', icon: 'environment', key: 'e' },
  { to: '/incidents', label: 'Incidents', icon: 'incident', key: 'n' },
  { to: '/metrics', label: 'Metrics', icon: 'metrics', key: 'm' },
  { to: '/evidence', label: 'Evidence', icon: 'evidence', key: 'v' },
  { to: '/policies', label: 'Policies', icon: 'policy', key: 'p' },
  { to: '/debts', label: 'Debts', icon: 'debts', key: 'd' },
  { to: '/admin', label: 'Admin', icon: 'admin', key: 'a' },
];
