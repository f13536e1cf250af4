import type { Command } from '../command.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'Print the completion script of a shell: commands, flags, clients, servers, tools',
  usage: 'bash|zsh|fish',
  options: {},
  help: {},
  examples: [
    'mcp-optimizer completion bash > ~/.local/share/bash-completion/completions/mcp-optimizer',
    'source <(mcp-optimizer completion bash)    # in ~/.bashrc',
    'source <(mcp-optimizer completion zsh)     # in ~/.zshrc, below compinit',
    'mcp-optimizer completion fish | source     # in ~/.config/fish/config.fish',
  ],
  run: async (context) => await (await import('../completion.ts')).runCompletion(context),
}
