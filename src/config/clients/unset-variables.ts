import type { ConfigProblem } from '../config.ts'
import { unsetProblem } from '../expand.ts'
import type { ClientFile, Unset } from './client.ts'

interface Missing extends Unset {
  readonly file: string
}

/** One problem for each variable that is not set, which names all servers that are left out for it. */
export function unsetProblems(files: readonly ClientFile[]): ConfigProblem[] {
  const missing = files.flatMap(({ path, unset }) => unset.map((server): Missing => ({ ...server, file: path })))
  const idOf = ({ variables }: Missing): string => JSON.stringify(variables.toSorted())
  const firsts = missing.filter((server, index) => missing.findIndex((other) => idOf(other) === idOf(server)) === index)
  return firsts.map((first) =>
    problemOf(
      first,
      missing.filter((server) => idOf(server) === idOf(first)),
    ),
  )
}

function problemOf(first: Missing, servers: readonly Missing[]): ConfigProblem {
  const { message, expected } = unsetProblem(first.variables)
  const named = servers.map(({ name, file }) => `"${name}"${file === first.file ? '' : ` of ${file}`}`)
  const who = `the server${named.length === 1 ? '' : 's'} ${named.join(', ')} ${named.length === 1 ? 'is' : 'are'} left out`
  const asked = Object.values(first.prompts).map((prompt) => `"${prompt}"`)
  return {
    file: first.file,
    path: first.key,
    message: `${message}: ${who}`,
    expected:
      asked.length === 0
        ? expected
        : `an environment variable of this name with what the client asks for (${asked.join(', ')})`,
  }
}
