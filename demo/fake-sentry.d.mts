export interface FakeIssue {
  readonly id: string
  readonly shortId: string
  readonly status: string
  readonly count: string
  readonly project: { readonly slug: string }
  readonly metadata: { readonly type: string }
}

export interface FakeSentry {
  readonly port: number
  readonly issues: readonly FakeIssue[]
  readonly requests: readonly string[]
  close(): Promise<void>
}

export function startFakeSentry(options?: { port?: number; issues?: number; seed?: number }): Promise<FakeSentry>
export function sentryServerArguments(port: number): string[]
