import type { GuestTools } from './guest-tools.ts'

/** `URL` and `URLSearchParams`; the thread around the guest parses, as it does for itself. */
export function createUrl({ ask, hide }: GuestTools): object {
  type Parts = Record<string, string>
  const wellFormed = (value: unknown): string => {
    const text = String(value) as string & { toWellFormed?(): string }
    return text.toWellFormed?.() ?? text
  }
  const refused = (input: string, base: string | null): TypeError => {
    const error = new TypeError('Invalid URL')
    hide(error, 'code', 'ERR_INVALID_URL')
    hide(error, 'input', input)
    if (base !== null) hide(error, 'base', base)
    return error
  }
  const parse = (text: unknown, base: unknown): Parts => {
    const input = wellFormed(text)
    const from = base === undefined ? null : wellFormed(base)
    try {
      return ask('url', [input, from]) as Parts
    } catch {
      throw refused(input, from)
    }
  }
  /** Tells a URL that its query changed; set by the class that may. */
  let follow: (url: object, query: string) => void = () => undefined

  class URLSearchParams {
    #pairs: [string, string][] = []
    #url: object | undefined

    constructor(init: unknown = '') {
      if (typeof init === 'string') this.#read(init)
      else if (init !== null && (typeof init === 'object' || typeof init === 'function')) {
        const list = init as Iterable<Iterable<unknown>>
        if (typeof list[Symbol.iterator] === 'function') for (const pair of list) this.#add([...pair])
        else for (const name of Object.keys(init)) this.#add([name, (init as Record<string, unknown>)[name]])
      } else this.#read(wellFormed(init))
    }

    static link(params: URLSearchParams, url: object): void {
      params.#url = url
    }
    static renew(params: URLSearchParams, query: string): void {
      params.#read(query)
    }

    #read(query: string): void {
      const list = ask('readQuery', wellFormed(query)) as string[]
      this.#pairs = []
      for (let i = 0; i + 1 < list.length; i += 2) this.#pairs.push([list[i] as string, list[i + 1] as string])
    }
    #add(pair: unknown[]): void {
      if (pair.length !== 2) throw new TypeError('Each query pair must be an iterable [name, value] tuple')
      this.#pairs.push([wellFormed(pair[0]), wellFormed(pair[1])])
    }
    #changed(): void {
      if (this.#url !== undefined) follow(this.#url, this.toString())
    }

    get size(): number {
      return this.#pairs.length
    }
    append(name: unknown, value: unknown): void {
      this.#add([name, value])
      this.#changed()
    }
    delete(name: unknown, value?: unknown): void {
      const wanted = wellFormed(name)
      const content = value === undefined ? undefined : wellFormed(value)
      this.#pairs = this.#pairs.filter(([key, text]) => key !== wanted || (content !== undefined && text !== content))
      this.#changed()
    }
    get(name: unknown): string | null {
      const wanted = wellFormed(name)
      return this.#pairs.find(([key]) => key === wanted)?.[1] ?? null
    }
    getAll(name: unknown): string[] {
      const wanted = wellFormed(name)
      return this.#pairs.filter(([key]) => key === wanted).map(([, text]) => text)
    }
    has(name: unknown, value?: unknown): boolean {
      const wanted = wellFormed(name)
      const content = value === undefined ? undefined : wellFormed(value)
      return this.#pairs.some(([key, text]) => key === wanted && (content === undefined || text === content))
    }
    set(name: unknown, value: unknown): void {
      const wanted = wellFormed(name)
      const content = wellFormed(value)
      const first = this.#pairs.find(([key]) => key === wanted)
      if (first === undefined) this.#pairs.push([wanted, content])
      else {
        first[1] = content
        this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== wanted)
      }
      this.#changed()
    }
    sort(): void {
      this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      this.#changed()
    }
    forEach(use: (value: string, name: string, params: URLSearchParams) => unknown, self?: unknown): void {
      if (typeof use !== 'function') throw new TypeError('The "callback" argument must be of type function')
      for (const [name, value] of this.#pairs) use.call(self, value, name, this)
    }
    *entries(): Generator<[string, string]> {
      for (let i = 0; i < this.#pairs.length; i++) yield [...(this.#pairs[i] as [string, string])]
    }
    *keys(): Generator<string> {
      for (const [name] of this.entries()) yield name
    }
    *values(): Generator<string> {
      for (const [, value] of this.entries()) yield value
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries()
    }
    toString(): string {
      return ask('writeQuery', this.#pairs.flat()) as string
    }
    toJSON(): string {
      return this.toString()
    }
  }
  const { link, renew } = URLSearchParams
  // Between the two classes only.
  Reflect.deleteProperty(URLSearchParams, 'link')
  Reflect.deleteProperty(URLSearchParams, 'renew')

  class URL {
    #parts: Parts
    #params: URLSearchParams | undefined

    constructor(text: unknown, base?: unknown) {
      this.#parts = parse(text, base)
    }
    static canParse(text: unknown, base?: unknown): boolean {
      return URL.parse(text, base) !== null
    }
    static parse(text: unknown, base?: unknown): URL | null {
      try {
        return new URL(text, base)
      } catch {
        return null
      }
    }
    static query(url: URL, query: string): void {
      url.#parts = ask('url', [url.#parts['href'], null, 'search', query]) as Parts
    }
    static part(url: URL, name: string): string {
      return url.#parts[name] ?? ''
    }
    static change(url: URL, name: string, value: unknown): void {
      const text = wellFormed(value)
      try {
        url.#parts = ask('url', [url.#parts['href'], null, name, text]) as Parts
      } catch {
        throw refused(text, null)
      }
      if (url.#params !== undefined && (name === 'search' || name === 'href')) renew(url.#params, part(url, 'search'))
    }
    get searchParams(): URLSearchParams {
      if (this.#params === undefined) {
        this.#params = new URLSearchParams(part(this, 'search'))
        link(this.#params, this)
      }
      return this.#params
    }
    toString(): string {
      return part(this, 'href')
    }
    toJSON(): string {
      return part(this, 'href')
    }
  }
  const { query, part, change } = URL
  follow = (url, text) => query(url as URL, text)
  for (const name of ['query', 'part', 'change']) Reflect.deleteProperty(URL, name)

  for (const name of 'href protocol username password host hostname port pathname search hash'.split(' ')) {
    Object.defineProperty(URL.prototype, name, {
      get(this: URL) {
        return part(this, name)
      },
      set(this: URL, value: unknown) {
        change(this, name, value)
      },
      configurable: true,
      enumerable: true,
    })
  }
  Object.defineProperty(URL.prototype, 'origin', {
    get(this: URL) {
      return part(this, 'origin')
    },
    configurable: true,
    enumerable: true,
  })
  hide(URL.prototype, Symbol.toStringTag, 'URL')
  hide(URLSearchParams.prototype, Symbol.toStringTag, 'URLSearchParams')
  return { URL, URLSearchParams }
}
