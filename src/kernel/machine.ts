/**
 * A state machine as data: the allowed steps of one kind of thing. The states themselves are unions that carry their
 * data and live in their slices; this table says which may follow which, is checked at every save, and is drawn into
 * docs/flow.md.
 */
export type Machine<State extends string = string> = {
  readonly name: string;
  readonly initial: State;
  readonly steps: { readonly [From in State]: readonly State[] };
};

/** Declares a machine. Throws at once where a step leads to a state that isn't declared. */
export function defineMachine<State extends string>(
  name: string,
  initial: NoInfer<State>,
  steps: { readonly [From in State]: readonly NoInfer<State>[] },
): Machine<State> {
  for (const [from, targets] of Object.entries(steps) as [State, readonly State[]][]) {
    for (const to of targets) if (!(to in steps)) throw new Error(`machine ${name}: ${from} -> ${to}, and ${to} is no state`);
  }
  return { name, initial, steps };
}

/** Whether `to` may follow `from`. */
export function mayFollow<State extends string>(machine: Machine<State>, from: State, to: State): boolean {
  return machine.steps[from].includes(to);
}

/** Throws (a bug, not a problem) where `to` may not follow `from`. */
export function assertStep<State extends string>(machine: Machine<State>, from: State, to: State): void {
  if (!mayFollow(machine, from, to)) throw new Error(`${machine.name}: ${from} -> ${to} is no step of its machine`);
}

/** Whether nothing can follow `state`. */
export function isTerminal<State extends string>(machine: Machine<State>, state: State): boolean {
  return machine.steps[state].length === 0;
}

/** The machine as a Mermaid state diagram. */
export function diagram(machine: Machine): string {
  const lines = [`stateDiagram-v2`, `  [*] --> ${machine.initial}`];
  for (const [from, targets] of Object.entries(machine.steps)) {
    if (targets.length === 0) lines.push(`  ${from} --> [*]`);
    for (const to of targets) lines.push(`  ${from} --> ${to}`);
  }
  return lines.join('\n');
}
