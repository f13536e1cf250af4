import type { LoginEntry } from './login.ts'

/** True for an entry that a person may be logged in to. */
export function createsOAuth({
  auth,
  headers,
}: Pick<LoginEntry, 'auth'> & { readonly headers?: Readonly<Record<string, string>> | undefined }): boolean {
  if (auth !== undefined) return auth.type === 'oauth'
  return !Object.keys(headers ?? {}).some((header) => header.toLowerCase() === 'authorization')
}
