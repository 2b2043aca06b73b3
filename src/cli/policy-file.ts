import { usage } from './cli.problems.ts';

/** What a file with rules is: a whole policy (it has `tiers:`), or what a level asks beside policies (it has `requires:`). */
function isLevel(source: string): boolean {
  return /^requires:/m.test(source) && !/^tiers:/m.test(source);
}
function isPolicy(source: string): boolean {
  return /^tiers:/m.test(source) && !/^requires:/m.test(source);
}

/** The text of a policy; a usage error that names the other command where it is what a level asks. `instead` has FILE in it. */
export function mustBePolicy(source: string, file: string, instead: string): string {
  if (isLevel(source))
    throw usage({
      what: `${file} is no policy: it says what a level asks beside policies (requires:).`,
      try: `What fits it: ${instead.replace('FILE', file)}`,
    });
  return source;
}

/** The text of what a level asks; a usage error that names the other command where it is a whole policy. */
export function mustBeLevel(source: string, file: string, instead: string): string {
  if (isPolicy(source))
    throw usage({
      what: `${file} is a whole policy (tiers:), and not what a level asks beside policies (requires:).`,
      try: `What fits it: ${instead.replace('FILE', file)}`,
    });
  return source;
}
