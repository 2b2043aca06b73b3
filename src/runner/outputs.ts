const MAX_VALUE = 65_536;

/** What a step wrote to `$YM_OUTPUT`, and what of it was not taken and why. */
export type StepOutputs = { readonly values: ReadonlyMap<string, string>; readonly refused: readonly string[] };

/** Reads `name=value` lines; the last of a name counts. Only declared names are taken. */
export function parseOutputs(text: string, declared: readonly string[]): StepOutputs {
  const values = new Map<string, string>();
  const refused: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const equals = line.indexOf('=');
    const name = line.slice(0, equals).trim();
    if (equals < 0) refused.push(`"${line.slice(0, 80)}" is not of the form name=value`);
    else if (!declared.includes(name)) refused.push(`"${name.slice(0, 80)}" is not among the outputs that the job declares`);
    else if (line.length - equals > MAX_VALUE || line.includes('\0'))
      refused.push(`the value of "${name}" is longer than ${MAX_VALUE} or holds a NUL`);
    else values.set(name, line.slice(equals + 1));
  }
  return { values, refused };
}
