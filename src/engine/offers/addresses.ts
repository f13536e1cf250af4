import { LRUCache } from 'lru-cache'

/** A resource where its server knows it. */
export interface Place {
  readonly server: string
  readonly uri: string
}

/**
 * Addresses of resources as clients see them: the server's own, so that links in texts and results lead somewhere. Where two
 * servers have the same one, the second gets a mark in its fragment that names its server.
 */
export interface Addresses {
  /** The address of a server's resource; the server that comes first with an address keeps it without a mark. */
  show(server: string, uri: string): string
  /** Undefined for an address without a mark that no server came with. */
  find(address: string): Place | undefined
}

/** Addresses kept in mind; of more the longest unused are forgotten. */
const MAX_OWNERS = 200_000

const MARK = /[#&]mcp-server=(\w+)$/

/** `keys` are the servers' names in code, by their names. */
export function createAddresses(keys: () => ReadonlyMap<string, string>): Addresses {
  const owners = new LRUCache<string, string>({ max: MAX_OWNERS })
  return {
    show(server, uri) {
      const owner = owners.get(uri)
      if (owner === undefined) owners.set(uri, server)
      if (owner === undefined || owner === server) return uri
      return `${uri}${uri.includes('#') ? '&' : '#'}mcp-server=${keys().get(server) ?? server}`
    },
    find(address) {
      const [mark, key] = MARK.exec(address) ?? []
      const [server] = [...keys()].find(([, one]) => one === key) ?? []
      if (mark !== undefined && server !== undefined) return { server, uri: address.slice(0, -mark.length) }
      const owner = owners.get(address)
      return owner === undefined ? undefined : { server: owner, uri: address }
    },
  }
}
