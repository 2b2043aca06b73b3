import type { ReactNode } from 'react';

/** Small line drawings, 16 by 16, in the colour of the text. They say nothing to screen readers: a word stands beside each. */
const PATHS = {
  allow: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M5 8.2l2.1 2.1L11 6.2',
  wait: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M8 4.5V8l2.4 1.6',
  deny: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6',
  unknown: 'M8 1.2L14.8 8L8 14.8L1.2 8zM6.4 6.4c.2-1.9 3.4-1.7 3.2.2C9.5 7.8 8 7.8 8 9M8 10.9v.3',
  yard: 'M1.5 3.5h13v9h-13zM1.5 6.5h13M6 3.5v9',
  release: 'M8 1.5l6 3v7l-6 3l-6-3v-7zM2 4.5l6 3l6-3M8 7.5v7',
  calendar: 'M2 3.5h12v10.5H2zM2 6.5h12M5 1.5v3M11 1.5v3',
  run: 'M3.5 2.5v11l9-5.5z',
  inbox: 'M2 9l2-6h8l2 6v4.5H2zM2 9h3.5l1 2h3l1-2H14',
  service: 'M2 3h12v4H2zM2 9h12v4H2zM4.5 5h.1M4.5 11h.1',
  environment: 'M8 1.5l6.5 3.5L8 8.5L1.5 5zM1.5 8L8 11.5L14.5 8M1.5 11L8 14.5l6.5-3.5',
  metrics: 'M2 14V2M2 14h12M5 11V8M8.5 11V5M12 11V7',
  evidence: 'M3 1.5h7l3 3v10H3zM10 1.5v3h3M5.5 8h5M5.5 11h5',
  debts: 'M8 1.5v13M11.5 4c-1-1.2-6.5-1.6-6.5 1.2S11.5 7.6 11.5 10.6S5 13 4.3 11.6',
  incident: 'M8 1.8L15 14H1zM8 6v4M8 12v.2',
  policy: 'M8 1.5l5.5 2v4.3c0 3.2-2.3 5.4-5.5 6.7c-3.2-1.3-5.5-3.5-5.5-6.7V3.5zM5.6 7.8l1.8 1.8l3-3.2',
  admin:
    'M8 5.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5M8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4',
  search: 'M7 2a5 5 0 1 1 0 10A5 5 0 0 1 7 2M10.7 10.7L14.5 14.5',
  person: 'M8 2a2.8 2.8 0 1 1 0 5.6A2.8 2.8 0 0 1 8 2M2.5 14c.5-3 2.6-4.4 5.5-4.4s5 1.4 5.5 4.4',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  done: 'M3 8.5l3.2 3.2L13 4.8',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  menu: 'M2 4h12M2 8h12M2 12h12',
  outside: 'M9.5 2.5h4v4M13.5 2.5L7.5 8.5M11.5 9v4.5h-9v-9H7',
  down: 'M3.5 6l4.5 4.5L12.5 6',
  right: 'M6 3.5L10.5 8L6 12.5',
  stop: 'M3.5 3.5h9v9h-9z',
  sun: 'M8 5a3 3 0 1 1 0 6a3 3 0 0 1 0-6M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M3 13l1.2-1.2M11.8 4.2L13 3',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({
  name,
  size = 16,
  className = '',
}: {
  readonly name: IconName;
  readonly size?: number;
  readonly className?: string;
}): ReactNode {
  return (
    <svg
      aria-hidden="true"
      focusable="false"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={`inline-block shrink-0 ${className}`}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
