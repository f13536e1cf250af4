import { BlockList, isIP } from 'node:net'

/** The kind of network an address is in. `local`: the own link, metadata of a cloud, documentation, no host at all. */
export type Place = 'public' | 'private' | 'loopback' | 'local'

const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
])
const PRIVATE = blockList([
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
])
const LOCAL = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['2001:db8::', 32],
])

/** The place of an IP address; undefined for a name. */
export function placeOf(host: string): Place | undefined {
  const version = isIP(host)
  if (version === 0) return undefined
  const [address, family] = version === 6 ? plainOf(host) : ([host, 'ipv4'] as const)
  if (LOOPBACK.check(address, family)) return 'loopback'
  if (PRIVATE.check(address, family)) return 'private'
  return LOCAL.check(address, family) ? 'local' : 'public'
}

/** IPv4 within IPv6 (mapped, NAT64, 6to4) is judged by the address that is meant. */
function plainOf(host: string): readonly [address: string, family: 'ipv4' | 'ipv6'] {
  const hex = new URL(`http://[${host.replace(/%.*$/, '')}]`).hostname.slice(1, -1)
  const [, high = '', low = ''] =
    /^(?:::ffff:|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})$/.exec(hex) ??
    /^2002:([\da-f]{1,4}):([\da-f]{1,4}):/.exec(hex) ??
    []
  if (high === '') return [hex, 'ipv6']
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [[first >> 8, first & 255, second >> 8, second & 255].join('.'), 'ipv4']
}

function blockList(subnets: readonly (readonly [net: string, prefix: number])[]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
  return list
}
