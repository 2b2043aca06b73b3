import type { Field } from '../connections/vendor.ts';

/** What every forge may be told about writing back. `releases`: whether it has releases that we may make. */
export function forgeSettings(releases: boolean): readonly Field[] {
  return [
    { name: 'statuses', title: 'Commit statuses: "off" writes none', required: false },
    ...(releases ? [{ name: 'releases', title: 'Releases: "on" makes one there when ours reaches production', required: false }] : []),
  ];
}
