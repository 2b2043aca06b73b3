import { z } from 'zod';
import { renderDiagnostics } from '../../kernel/diagnostic.ts';
import { readYaml } from '../../kernel/yaml.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import { badVersionSettings } from '../artifacts.problems.ts';
import { readScheme } from './calendar.ts';
import { STRATEGIES } from './lane.ts';
import type { VersionRules } from './rules.ts';
import { DEFAULT_RULES } from './rules.ts';
import { strictVersion } from './tags.ts';

/** Where a repository says how it wants its versions. */
export const SETTINGS_FILE = '.yardmaster/versions.yaml';

const identifier = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, { error: 'a pre-release is lower-case letters, digits and dashes' });
const branch = z.string().min(1).max(200);
const bump = z.enum(['major', 'minor', 'patch', 'none']);
const rules = {
  strategy: z.enum(STRATEGIES).optional(),
  trunk: z.array(branch).min(1).max(20).optional(),
  prereleases: z.record(branch, identifier).optional(),
  initial: z
    .string()
    .refine((text) => strictVersion(text) === text, { error: 'this is no version', params: { remedy: 'Write it as 1.0.0.' } })
    .optional(),
  zero: z.enum(['minor', 'major']).optional(),
  types: z.record(z.string().regex(/^[a-z][\w-]{0,39}$/), bump).optional(),
  calendar: z
    .string()
    .refine((text) => readScheme(text) !== null, {
      error: 'this is no calendar scheme',
      params: { remedy: 'Join YYYY, YY or 0Y with MM, 0M, WW, 0W, DD, 0D and a last MICRO by dots: YYYY.0M.MICRO' },
    })
    .optional(),
  tag: z
    .string()
    .max(200)
    .refine((text) => text.split('{version}').length === 2, {
      error: 'a tag holds {version} once',
      params: { remedy: 'Write it as v{version}.' },
    })
    .optional(),
};
const settingsSchema = z.strictObject({
  ...rules,
  packages: z.record(z.string().min(1).max(500), z.strictObject({ name: z.string().min(1).max(200).optional(), ...rules })).optional(),
});

export type VersionSettings = { readonly rules: VersionRules; readonly name: string | null };

/**
 * Reads `.yardmaster/versions.yaml` for the service under `path` (`.` for the root); what `packages` says of that path
 * stands before what the file says of all. Throws a Problem that points at what is wrong.
 */
export function readVersionSettings(text: string, path: string): VersionSettings {
  const read = readYaml(text, SETTINGS_FILE);
  const shape = read.ok ? checkShape(read.document, settingsSchema) : read;
  if (!shape.ok) throw badVersionSettings({ file: SETTINGS_FILE, lines: renderDiagnostics(text, shape.diagnostics.slice(0, 20)) });
  const { packages, ...common } = shape.value;
  const own = Object.entries(packages ?? {}).find(([key]) => clean(key) === clean(path))?.[1];
  const { name, ...special } = own ?? {};
  const given = Object.fromEntries(Object.entries({ ...common, ...special }).filter(([, value]) => value !== undefined));
  const merged: VersionRules = { ...DEFAULT_RULES, ...given };
  // A scheme without a strategy means what it says.
  const strategy = merged.calendar !== null && given['strategy'] === undefined ? 'calendar' : merged.strategy;
  return { rules: { ...merged, strategy }, name: name ?? null };
}

/** `services/shop` from `./services/shop/`; the root is empty. */
export function clean(path: string): string {
  const bare = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  return bare === '.' ? '' : bare;
}
