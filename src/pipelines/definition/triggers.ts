import { suggest } from '../../kernel/suggest.ts';
import { matchesAny } from '../../kernel/globs.ts';
import type { Pipeline } from './pipeline.ts';

/** What happened that may start a run. `changedPaths` null: not known, then a path filter starts the run. */
export type Happening =
  | { readonly kind: 'push'; readonly branch: string | null; readonly tag: string | null; readonly changedPaths: readonly string[] | null }
  | { readonly kind: 'manual' };

/** Whether `happening` starts a run of this pipeline, with the reason in words. */
export function startsRun(pipeline: Pipeline, happening: Happening): { readonly starts: boolean; readonly why: string } {
  if (happening.kind === 'manual') {
    return pipeline.on.manual === null
      ? { starts: false, why: 'the pipeline is not started by hand' }
      : { starts: true, why: 'started by hand' };
  }
  const push = pipeline.on.push;
  if (push === null) return { starts: false, why: 'the pipeline is not started by pushes' };
  const { branch, tag, changedPaths } = happening;
  const named = (branch !== null && matchesAny(push.branches, branch)) || (tag !== null && matchesAny(push.tags, tag));
  if (!named)
    return {
      starts: false,
      why: tag === null ? `no pattern of branches matches ${branch ?? 'this ref'}` : `no pattern of tags matches ${tag}`,
    };
  // A tag is pushed for what it names, whatever changed.
  if (tag !== null || push.paths.length === 0 || changedPaths === null) return { starts: true, why: 'a push that the pipeline waits for' };
  return changedPaths.some((path) => matchesAny(push.paths, path))
    ? { starts: true, why: 'a push that changed a watched path' }
    : { starts: false, why: 'no watched path changed' };
}

export type InputsRead =
  | { readonly ok: true; readonly inputs: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly errors: readonly { readonly input: string; readonly message: string; readonly remedy: string }[] };

/** The inputs of a run started by hand: given ones checked against the declarations, the others by default; all errors at once. */
export function readInputs(pipeline: Pipeline, given: Readonly<Record<string, string>>): InputsRead {
  const declared = pipeline.on.manual?.inputs ?? [];
  const names = declared.map((input) => input.name);
  const errors = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((input) => ({ input, message: `the pipeline has no input "${input}"`, remedy: suggest(input, names) }));
  const inputs: Record<string, string> = {};
  for (const input of declared) {
    const value = Object.hasOwn(given, input.name) ? given[input.name] : (input.default ?? undefined);
    if (value === undefined)
      errors.push({ input: input.name, message: `the input "${input.name}" is missing`, remedy: 'Give it: it has no default.' });
    else if (input.choices.length > 0 && !input.choices.includes(value))
      errors.push({
        input: input.name,
        message: `"${value.slice(0, 80)}" is no choice of "${input.name}"`,
        remedy: suggest(value, input.choices),
      });
    else inputs[input.name] = value;
  }
  return errors.length > 0 ? { ok: false, errors } : { ok: true, inputs };
}
