import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { claimOf, sha256 } from './claim.ts'
import type { Gate } from './gate.ts'
import { readSmallText } from './small-text.ts'

/** SHA-256 of each intent file of a project that the gate admits, by path. */
export function admitIntents(paths: readonly string[], folder: string, gate: Gate): Record<string, string> {
  const files = [...new Set(paths.flatMap(intentFiles))].flatMap((path) => {
    const text = readSmallText(path)
    if (text === undefined) return []
    const hash = gate.admit(intentClaim(folder, path, text), () => sha256(text))
    return hash === undefined ? [] : [[path, hash] as const]
  })
  return Object.fromEntries(files)
}

/** The claim of an intent: its content alone. */
export function intentClaim(folder: string, path: string, text: string): ReturnType<typeof claimOf> {
  return claimOf('intent', { folder, path, name: path.replace(/^.*[\\/]/, ''), says: sha256(text) })
}

/** As the engine looks for them. */
function intentFiles(path: string): string[] {
  if (path.endsWith('.ts')) return [path]
  try {
    return readdirSync(path)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .toSorted()
      .map((name) => join(path, name))
  } catch {
    return []
  }
}
