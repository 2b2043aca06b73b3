import { REGULATED } from './preset-regulated.ts';
import { STANDARD } from './preset-standard.ts';
import { STARTUP } from './preset-startup.ts';
import type { PolicyDocument } from './document.ts';

/** The three policies that a team can start with; each is complete. `examples/policies` holds the same as files. */
export const PRESETS: readonly PolicyDocument[] = [STARTUP, STANDARD, REGULATED];

/** The preset of this name as a document, or null. */
export function presetDocument(name: string): PolicyDocument | null {
  return PRESETS.find((preset) => preset.name === name) ?? null;
}
