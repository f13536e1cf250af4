import type { Access, AccessRule } from './access.ts'
import type { Rate } from './grant.ts'
import type { LiveTokens } from './live-tokens.ts'
import { TOKEN_PREFIX } from './token-file.ts'

/** Somebody with a token of their own. */
export interface Caller {
  readonly principal: string
  readonly access: Access
  readonly rate?: Rate
}

/** Why a token lets nobody in. `scope`: a wider one would. */
export interface TokenRefusal {
  readonly status: 401 | 403 | 503
  readonly reason: string
  readonly scope?: string
}

/** Who holds which token, beside the operator's own. */
export interface Callers {
  /** Undefined: no token of these. */
  find(token: string): Caller | TokenRefusal | undefined | Promise<Caller | TokenRefusal | undefined>
  /** True: nobody is served without a token, not even on this machine: what comes through a proxy comes from here too. */
  readonly required: boolean
}

/** The callers of several, asked one after the other. */
export function allCallers(several: readonly Callers[]): Callers {
  return {
    get required() {
      return several.some(({ required }) => required)
    },
    async find(token) {
      for (const callers of several) {
        const found = await callers.find(token)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** Named parts of the catalog, by their names. */
export type Profiles = Readonly<Record<string, AccessRule>>

/** The callers of a file of tokens. */
export function tokenCallers(tokens: LiveTokens, profiles: Profiles): Callers {
  return {
    get required() {
      return tokens.isThere
    },
    find(token) {
      if (!token.startsWith(TOKEN_PREFIX)) return undefined
      const entry = tokens.find(token)
      if (entry === undefined) return undefined
      const { profile, rate, servers, tools, effects } = entry.grant
      const named = profile === undefined ? undefined : profileOf(profiles, profile)
      if (profile !== undefined && named === undefined)
        return { status: 403, reason: `the profile "${profile}" of this token is not in the configuration any more` }
      const rule = {
        ...(servers === undefined ? {} : { servers }),
        ...(tools === undefined ? {} : { tools }),
        ...(effects === undefined ? {} : { effects }),
      }
      return {
        // Another token of the same name is another principal: what the first one left behind is not its own.
        principal: `${entry.name}#${entry.hash.slice(0, 12)}`,
        access: [...(Object.keys(rule).length === 0 ? [] : [rule]), ...(named === undefined ? [] : [named])],
        ...(rate === undefined ? {} : { rate }),
      }
    },
  }
}

/** A profile by its name; undefined where the configuration has none. */
export function profileOf(profiles: Profiles, name: string): AccessRule | undefined {
  return Object.hasOwn(profiles, name) ? profiles[name] : undefined
}
