import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { OptimizerError } from '../errors.ts'
import { writeAtomically } from '../internal/atomic-file.ts'
import { isRecord } from '../internal/json.ts'
import { takeLock } from '../internal/lock-file.ts'
import { type Grant, readGrant } from './grant.ts'

/** A token as the file keeps it: who holds it and what it gives, never the token itself. */
export interface TokenEntry {
  /** 1 to 60 letters, digits, `.`, `_`, `@` and `-`; one token a name. */
  readonly name: string
  /** SHA-256 of the token, 64 hex digits. */
  readonly hash: string
  /** ISO 8601. */
  readonly created: string
  readonly grant: Grant
}

/** The tokens of a gateway, in one file that all of its instances read. */
export interface TokenFile {
  readonly path: string
  /** Throws `CONFIG_INVALID` where the file is damaged or cannot be read: no token of it is then valid. */
  list(): Promise<readonly TokenEntry[]>
  /** The new token, which is shown this once. Throws `INVALID_REQUEST` for a name that is taken or is none. */
  create(name: string, grant: Grant, now: Date): Promise<string>
  /** False: there is none of this name. */
  revoke(name: string): Promise<boolean>
}

/** What a token of ours begins with: scanners of secrets find it, and it is taken for no other. */
export const TOKEN_PREFIX = 'mcpo_'
const NAME = /^[\w.@-]{1,60}$/
const HASH = /^[0-9a-f]{64}$/
const LOCK_MS = 10_000

export function createTokenFile(path: string): TokenFile {
  const change = async <T>(
    work: (known: readonly TokenEntry[]) => { readonly tokens?: readonly TokenEntry[]; readonly answer: T },
  ): Promise<T> => {
    using _lock = await takeLock([`${path}.lock`], AbortSignal.timeout(LOCK_MS))
    const { tokens, answer } = work(await readTokens(path))
    if (tokens !== undefined) await write(path, tokens)
    return answer
  }
  return {
    path,
    list: async () => await readTokens(path),
    create: async (name, grant, now) => {
      if (!NAME.test(name))
        throw new OptimizerError(
          'INVALID_REQUEST',
          `cannot create a token: found ${JSON.stringify(name.slice(0, 80))}, wanted a name of 1 to 60 letters, digits, ".", "_", "@" and "-"`,
        )
      const token = `${TOKEN_PREFIX}${randomBytes(32).toString('base64url')}`
      const entry = { name, hash: hashOf(token), created: now.toISOString(), grant }
      return await change((known) => {
        if (known.some((one) => one.name === name))
          throw new OptimizerError('INVALID_REQUEST', `cannot create a token: there is one of the name ${name}`, {
            suggestion: `choose another name, or revoke it first: mcp-optimizer token revoke ${name}`,
          })
        return { tokens: [...known, entry], answer: token }
      })
    },
    revoke: async (name) =>
      await change((known) => {
        const tokens = known.filter((one) => one.name !== name)
        return tokens.length === known.length ? { answer: false } : { tokens, answer: true }
      }),
  }
}

/** The hash under which a token is kept. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** No file: no tokens. Throws `CONFIG_INVALID` for one that cannot be read, or holds what is no token. */
export async function readTokens(path: string): Promise<readonly TokenEntry[]> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined
    throw damaged(path, thrown.message)
  })
  if (text === undefined) return []
  const value = parsed(text, path)
  const list = isRecord(value) ? value['tokens'] : undefined
  if (!Array.isArray(list)) throw damaged(path, 'found no list "tokens"')
  return list.map((one, index) => entryOf(one) ?? fail(damaged(path, `found no token in tokens[${index}]`)))
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw damaged(path, (thrown as Error).message)
  }
}

function entryOf(value: unknown): TokenEntry | undefined {
  if (!isRecord(value)) return undefined
  const { name, hash, created } = value
  const grant = readGrant(value['grant'])
  const isWhole = typeof name === 'string' && typeof hash === 'string' && HASH.test(hash) && typeof created === 'string'
  return isWhole && grant !== undefined ? { name, hash, created, grant } : undefined
}

async function write(path: string, tokens: readonly TokenEntry[]): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify({ version: 1, tokens }, null, 2)}\n`, { durable: true })
  } catch (thrown) {
    throw new OptimizerError('STORE_UNAVAILABLE', `cannot write the tokens to ${path}: ${(thrown as Error).message}`)
  }
}

function damaged(path: string, why: string): OptimizerError {
  return new OptimizerError('CONFIG_INVALID', `cannot read the tokens in ${path}: ${why}`, {
    suggestion: 'mend the file, or remove it and create the tokens anew',
  })
}

function fail(error: OptimizerError): never {
  throw error
}
