import { parseArgs } from 'node:util';

const USAGE = `The whole road with real commits, processes and traffic, told as a story, on this machine and in a folder of its own.

Usage: yardmaster demo [options]

  --exit   end when the story is told; else it goes on until it is stopped, to be looked at
  --json   the story on stderr, and what came of it as one object on the last line of stdout
  --help   print this
`;

/** What was asked for. Prints the help and ends, or says what is wrong and ends with 2, before anything is started. */
export function optionsOf(argv) {
  const options = { exit: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } };
  let given;
  try {
    given = parseArgs({ args: argv, options, strict: true }).values;
  } catch (error) {
    process.stderr.write(`yardmaster demo: ${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
  if (given.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  return { exit: given.exit === true, json: given.json === true };
}
