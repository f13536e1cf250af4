// What an intent's file may use, loosely typed: its tools come from whichever servers are configured.

/** `tools.<server>.<tool>(args)`: the structured content of the answer, else the JSON or text it holds. */
type Tools = Record<string, Record<string, (input?: object) => Promise<any>>> & {
  /** Finds tools and intents; a server that is called `search` or `describe` keeps its name. */
  search(query: string | readonly string[], options?: { server?: string; limit?: number }): Promise<any[]>
  describe(id: string): Promise<any>
}

/** Third argument of an intent. */
interface Context {
  readonly intents: Record<string, (input?: object) => Promise<any>>
  readonly results: { get(handle: string): Promise<any>; list(): Promise<{ handle: string; bytes: number }[]> }
  readonly state: {
    get(key: string): Promise<any>
    set(key: string, value: unknown): Promise<null>
    delete(key: string): Promise<boolean>
    keys(): Promise<string[]>
  }
}
