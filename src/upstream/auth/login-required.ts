import { OptimizerError } from '../../errors.ts'

/** Only a person can go on: the message names the command. */
export function loginRequired(name: string, why: string): OptimizerError {
  return new OptimizerError('LOGIN_REQUIRED', `${name} needs a login (run: ${loginCommand(name)}): ${why}`, {
    suggestion: `a person runs: ${loginCommand(name)}`,
    details: { server: name, command: loginCommand(name) },
  })
}

/** The command that logs in to a server, with the scopes that it shall have more. */
export function loginCommand(name: string, scope?: string): string {
  const words = ['mcp-optimizer', 'login', name, ...(scope === undefined ? [] : ['--scope', scope])]
  return words.map(shellWord).join(' ')
}

/** A name is the user's own, a scope is the server's: both may hold anything. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
