import { hostname, networkInterfaces } from 'node:os'

/** Where a gateway of this configuration is served over HTTP. */
export interface OwnAddress {
  readonly host: string
  readonly port: number
}

/** True for an address at which this gateway answers, whatever it is called there. */
export function isOwnAddress(text: string, { host, port }: OwnAddress): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const url = new URL(text)
  const at = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  if (at !== port || !/^\/mcp\/?$/.test(url.pathname)) return false
  const asked = plain(url.hostname)
  const own = plain(host)
  if (asked === own) return true
  if (isEvery(own)) return isLoopback(asked) || isEvery(asked) || namesOfThisMachine().has(asked)
  return isLoopback(own) && (isLoopback(asked) || isEvery(asked))
}

function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

function isLoopback(host: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|::1|::ffff:7f[\da-f]{2}:[\da-f]{1,4})$/.test(host)
}

/** Listening there is listening at every address. */
function isEvery(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function namesOfThisMachine(): ReadonlySet<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address))
  return new Set([plain(hostname()), ...addresses.map(plain)])
}
