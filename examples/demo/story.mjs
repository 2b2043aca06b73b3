// How the demo tells what happens: on stdout for people, on stderr with --json.

/** A teller: `chapter` for what comes, `say` for what happened. */
export function teller(json) {
  const out = json ? process.stderr : process.stdout;
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
  return {
    chapter: (title) => out.write(`\n${seconds()}  ${title}\n`),
    say: (line) => out.write(`          ${line}\n`),
    seconds: () => (performance.now() - began) / 1000,
  };
}
