import { type CommandContext, EXIT, UsageError } from './command.ts'

/** Runs the command `completion`: prints the script of a shell. What was typed is handed over as words, never evaluated. */
export async function runCompletion({ positionals: [shell = ''], stdout }: CommandContext): Promise<number> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined
  if (script === undefined)
    throw new UsageError(`which shell? found "${shell}", wanted one of ${Object.keys(SCRIPTS).join(', ')}`)
  stdout.write(script)
  return EXIT.ok
}

const SCRIPTS: Readonly<Record<string, string>> = {
  // Works in bash 3.2 and without the package bash-completion. Without a candidate, readline proposes files.
  bash: String.raw`# bash completion of mcp-optimizer. In ~/.bashrc: source <(mcp-optimizer completion bash)
_mcp_optimizer() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("$line")
  done < <(mcp-optimizer complete --values -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _mcp_optimizer mcp-optimizer
`,
  zsh: String.raw`#compdef mcp-optimizer
# zsh completion of mcp-optimizer. In ~/.zshrc, below compinit: source <(mcp-optimizer completion zsh)
_mcp_optimizer() {
  local line
  local -a candidates
  while IFS= read -r line; do
    candidates+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
  done < <(mcp-optimizer complete -- "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)
  if (( ${'$'}#candidates )); then
    _describe 'mcp-optimizer' candidates
  else
    _files
  fi
}
if [[ "${'$'}{funcstack[1]}" = _mcp-optimizer ]]; then
  _mcp_optimizer "$@"
elif (( ${'$'}+functions[compdef] )); then
  compdef _mcp_optimizer mcp-optimizer
fi
`,
  fish: String.raw`# fish completion of mcp-optimizer. In ~/.config/fish/config.fish: mcp-optimizer completion fish | source
function __mcp_optimizer_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l found (mcp-optimizer complete -- $before[2..-1] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c mcp-optimizer -f -a '(__mcp_optimizer_complete)'
`,
}
