import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'

/** Where a Redis is and how to get in: one server by `url`, or a cluster by some of its `nodes`. */
export interface RedisPlace {
  /** `redis://user:password@host:port/db`, `rediss://` with TLS. */
  readonly url?: string
  /** `host:port` of some nodes of a cluster. */
  readonly nodes?: readonly string[]
  readonly username?: string
  readonly password?: string
  readonly tls?: boolean | RedisTls
}

/** Files in PEM form. */
export interface RedisTls {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/** Options of ioredis that tell who we are. */
export interface RedisAccess {
  username?: string
  password?: string
  tls?: ConnectionOptions
}

/** Reads the files of certificates and keys. */
export async function accessTo({ url, username, password, tls }: RedisPlace): Promise<RedisAccess> {
  const secure = tls === undefined || tls === false ? undefined : await tlsOf(tls === true ? {} : tls)
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(secure === undefined ? (url?.startsWith('rediss:') ? { tls: {} } : {}) : { tls: secure }),
  }
}

async function tlsOf({ caFile, certFile, keyFile }: RedisTls): Promise<ConnectionOptions> {
  return {
    ...(caFile === undefined ? {} : { ca: await readFile(caFile) }),
    ...(certFile === undefined ? {} : { cert: await readFile(certFile) }),
    ...(keyFile === undefined ? {} : { key: await readFile(keyFile) }),
  }
}
