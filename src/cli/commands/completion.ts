import type { Command } from 'commander';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';

/** ym completion bash|zsh|fish: a script for the shell's start file, made from the commands themselves. */
export const completionCommand: AddCommand = (program, run) => {
  program
    .command('completion <shell>')
    .description('print a completion script for bash, zsh or fish')
    .addHelpText('after', '\nFor bash: ym completion bash >> ~/.bash_completion')
    .action(
      run(async (shell, kind: string) => {
        const words = wordTree(program);
        const script = { bash: bash(words), zsh: `autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`, fish: fish(words) }[kind];
        if (script === undefined) throw usage({ what: `There is no completion for "${kind}".`, try: 'Say bash, zsh or fish.' });
        shell.print(script, { shell: kind, script });
      }),
    );
};

export type Words = { readonly path: string; readonly next: readonly string[] };

/** For each command path, what may follow: subcommands and options. */
export function wordTree(command: Command, path = ''): Words[] {
  const next = [...command.commands.map((one) => one.name()), ...command.options.flatMap((one) => one.long ?? []), '--help'];
  return [{ path, next }, ...command.commands.flatMap((one) => wordTree(one, `${path} ${one.name()}`.trim()))];
}

function bash(words: readonly Words[]): string {
  const cases = words.map(({ path, next }) => `      "${path}") words="${next.join(' ')}" ;;`).join('\n');
  return `_ym() {
  local path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) ;; *) path="\${path:+$path }\${COMP_WORDS[i]}" ;; esac
  done
  # Words that are no commands (a release, a file) are dropped from the end until a command is left.
  while :; do
    case "$path" in
${cases}
    esac
    if [ -n "$words" ] || [ -z "$path" ]; then break; fi
    case "$path" in *" "*) path="\${path% *}" ;; *) path="" ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _ym ym`;
}

function fish(words: readonly Words[]): string {
  return words
    .flatMap(({ path, next }) => {
      const condition =
        path === ''
          ? '__fish_use_subcommand'
          : path
              .split(' ')
              .map((word) => `__fish_seen_subcommand_from ${word}`)
              .join('; and ');
      return next.map((word) =>
        word.startsWith('--') ? `complete -c ym -n '${condition}' -l ${word.slice(2)}` : `complete -c ym -f -n '${condition}' -a ${word}`,
      );
    })
    .join('\n');
}
