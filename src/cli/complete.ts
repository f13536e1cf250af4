import { type CommandContext, EXIT } from './command.ts'
import { completionsOf } from './completions.ts'

/** The question of the shells' scripts: `complete [--values] -- WORD...`. A line a candidate; with a tab, its description. */
export async function runComplete(
  words: readonly string[],
  { cwd, env, stdout }: Pick<CommandContext, 'cwd' | 'env' | 'stdout'>,
): Promise<number> {
  const at = words.indexOf('--')
  const valuesAlone = words.slice(0, at).includes('--values')
  // An error would stand in the middle of the typed line: nothing is proposed instead.
  const found = await completionsOf(words.slice(at + 1), { cwd, env }).catch(() => [])
  const line = ({ value, description = '' }: { readonly value: string; readonly description?: string }): string =>
    valuesAlone || description === '' ? value : `${value}\t${description.replaceAll(/\s+/g, ' ')}`
  if (found.length > 0) stdout.write(`${found.map(line).join('\n')}\n`)
  return EXIT.ok
}
