import { likeliestName } from '../internal/nearest.ts'

/** What the words mean that people try first, by what they want to do: a command of ours, or the sentence that does it. */
const MEANINGS: readonly (readonly [words: string, hint: string])[] = [
  ['list ls tools tool list-tools list_tools show-tools', 'mcp-optimizer intents --tools lists every tool'],
  ['servers server list-servers ps mcp mcps', 'mcp-optimizer doctor tells of every server'],
  [
    'add new create add-server add-json register',
    'a server is added in "servers" of mcp-optimizer.json, or in an MCP client: mcp-optimizer setup moves it here',
  ],
  ['init install configure onboard bootstrap link migrate move', 'mcp-optimizer setup'],
  ['uninstall unlink teardown restore revert rollback undo', 'mcp-optimizer setup --undo'],
  ['approve allow accept permit trusted untrust', 'mcp-optimizer trust'],
  ['remove rm delete del disable', 'a server is taken out of "servers", or gets "disabled": true there'],
  ['enable', 'a server runs as soon as it stands in "servers" without "disabled": true'],
  [
    'auth authenticate signin sign-in oauth token',
    'mcp-optimizer login SERVER logs in to a server; a token that it wants to see goes into its "headers" or "env" in the configuration',
  ],
  ['start up daemon proxy gateway connect listen http stdio sse mcp-server', 'mcp-optimizer serve serves MCP'],
  ['stop kill down restart quit exit shutdown', 'a gateway ends with Ctrl-C, or with the client that started it'],
  ['logs log tail', 'a gateway writes its log to stderr (--log-level debug); mcp-optimizer audit-log shows the calls'],
  ['ui web gui browser open console', 'mcp-optimizer dashboard'],
  [
    'config settings edit set get env configuration',
    'the configuration is the file mcp-optimizer.json; mcp-optimizer doctor tells which files are read',
  ],
  ['exec execute eval code script node ts program repl shell', 'mcp-optimizer run FILE'],
  ['invoke tool-call call-tool call_tool use intent', 'mcp-optimizer call NAME'],
  ['find query lookup grep', 'mcp-optimizer search QUERY'],
  ['describe show inspect info view schema get-tool', 'mcp-optimizer search NAME --detail full'],
  ['check health diagnose diagnostics debug test ping verify validate lint fix why', 'mcp-optimizer doctor'],
  ['cost costs tokens token-count savings save count measure analyze analyse price prices', 'mcp-optimizer audit'],
  ['usage stats statistics sessions session bill spend', 'mcp-optimizer receipt'],
  ['history trail events calls', 'mcp-optimizer audit-log'],
  ['metrics prometheus', 'a gateway over HTTP has /metrics: mcp-optimizer serve --http PORT'],
  ['chart charts html page export', 'mcp-optimizer report'],
  ['running state', 'mcp-optimizer status'],
  ['complete completions autocomplete tab', 'mcp-optimizer completion bash (or zsh, fish)'],
  ['image docker build container', 'mcp-optimizer sandbox-image'],
  ['update upgrade self-update', 'it is updated as it was installed, with npm'],
  ['man docs doc manual usage-help', 'mcp-optimizer help'],
  ['clients client', 'mcp-optimizer help setup names the clients'],
  [
    'cache clear clean prune purge',
    'what is remembered lies in the folder that mcp-optimizer doctor calls cache folder',
  ],
]

const FLAG_MEANINGS: readonly (readonly [words: string, hint: string])[] = [
  ['--verbose --debug --trace', '--log-level debug'],
  ['--quiet --silent', '--log-level silent'],
  ['--port --host --listen --address --bind', '--http [HOST:]PORT'],
  ['--format --output-format --output-json', '--json'],
  ['--file --config-file --conf', '--config FILE'],
  ['--mode', '--execution-mode'],
  ['--no-color --no-colour --color --colour', 'the environment variable NO_COLOR=1 (or FORCE_COLOR=1)'],
  ['--args --arguments --input --data --json-params', '--params JSON'],
  ['--undo-all --revert --remove --uninstall', '--undo'],
  ['--max-results --max --top --count', '--limit N'],
  ['--out -o --file-name', '--output FILE'],
  ['--from --after', '--since'],
  ['--to --before', '--until'],
  ['--version -V -v', 'mcp-optimizer --version'],
]

/** What to say to a command that does not exist. */
export function hintFor(word: string, rest: readonly string[], commands: readonly string[]): string {
  const unknown = `unknown command "${word}"`
  const bare = word.replace(/^-+/, '')
  if (word.startsWith('-') && commands.includes(bare))
    return `${word} is no flag; write mcp-optimizer ${[bare, ...rest].join(' ')}`
  if (word.startsWith('-')) return `${word} stands before the command; write mcp-optimizer COMMAND ${word}`
  if (/^\w[\w-]*\.\w/.test(word) && !/\.(?:[cm]?[jt]s|json)$/.test(word))
    return `${unknown}; did you mean "mcp-optimizer call ${[word, ...rest].join(' ')}"?`
  if (/\.[cm]?[jt]s$/.test(word)) return `${unknown}; did you mean "mcp-optimizer run ${word}"?`
  const likely = likeliestName(word, commands)
  const meaning = meaningOf(word.toLowerCase(), MEANINGS)
  if (meaning !== undefined && likely?.toLowerCase() !== word.toLowerCase()) return `${unknown}: ${meaning}`
  return likely === undefined
    ? `${unknown}; mcp-optimizer help lists the commands`
    : `${unknown}; did you mean "${likely}"?`
}

/** What to say to a flag that the command does not have, to be put behind the message; empty when nothing is known. */
export function hintForFlag(flag: string, options: readonly string[], usage: string): string {
  const likely = likeliestName(
    flag,
    options.map((name) => `--${name}`),
  )
  if (likely !== undefined) return `; did you mean "${likely}"?`
  const meaning = meaningOf(flag, FLAG_MEANINGS)
  const name = /^--([\w-]+)/.exec(meaning ?? '')?.[1]
  if (meaning !== undefined && (name === undefined || options.includes(name))) return `; there is ${meaning}`
  return usage.includes('key=value') ? `; parameters are written ${flag.replace(/^-+/, '')}=value, without dashes` : ''
}

function meaningOf(word: string, meanings: typeof MEANINGS): string | undefined {
  return meanings.find(([words]) => words.split(' ').includes(word))?.[1]
}
