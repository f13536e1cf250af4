import type { IncomingMessage } from 'node:http'
import type { JwtOptions } from '../../access/jwt.ts'
import type { Refusal } from './guard.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What clients that want to log in are told of this front (RFC 9728). */
export interface ProtectedResource {
  /** The metadata for a path; undefined: it is not asked for. */
  metadata(request: IncomingMessage): object | undefined
  /** `WWW-Authenticate` of a refusal. */
  challenge(request: IncomingMessage, refusal: Refusal): string
}

/** `publicUrl`: where clients reach it; without it as they asked, which the guard has checked. */
export function createProtectedResource(
  protectedBy: Pick<JwtOptions, 'issuer' | 'askFor'> | undefined,
  publicUrl?: string,
): ProtectedResource {
  const asked = protectedBy?.askFor ?? []
  const baseOf = ({ headers }: IncomingMessage): string =>
    publicUrl?.replace(/\/$/, '') ?? `http://${headers.host ?? ''}`
  return {
    metadata(request) {
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      if (protectedBy === undefined || (path !== WELL_KNOWN && !path.startsWith(`${WELL_KNOWN}/`))) return undefined
      return {
        resource: `${baseOf(request)}${path.slice(WELL_KNOWN.length) || '/mcp'}`,
        authorization_servers: [protectedBy.issuer],
        ...(asked.length === 0 ? {} : { scopes_supported: asked }),
        bearer_methods_supported: ['header'],
        resource_name: 'mcp-optimizer',
      }
    },
    challenge(request, { status, scope }) {
      if (protectedBy === undefined) return 'Bearer'
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      const hasToken = request.headers.authorization !== undefined
      const wanted = scope ?? asked.join(' ')
      const fault = status === 403 ? 'insufficient_scope' : hasToken ? 'invalid_token' : undefined
      const parts = [
        `resource_metadata="${baseOf(request)}${WELL_KNOWN}${/^\/(?:mcp|rpc)/.test(path) ? path : ''}"`,
        ...(fault === undefined ? [] : [`error="${fault}"`]),
        ...(wanted === '' ? [] : [`scope="${wanted}"`]),
      ]
      return `Bearer ${parts.join(', ')}`
    },
  }
}
