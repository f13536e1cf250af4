import { OptimizerError } from '../../errors.ts'
import { cancelledOutcome, refuse } from '../run/bounds.ts'
import { type HostCall, type Outcome, type Program, type Sandbox, type SandboxLimits } from '../sandbox.ts'

/** What every sandbox of a pool keeps to: one program at a time, none after its disposal, and then its place is given back. */
export abstract class LentSandbox implements Sandbox {
  private running = false
  private disposed = false

  async run(program: Program, call: HostCall, limits: SandboxLimits, signal?: AbortSignal): Promise<Outcome> {
    if (this.disposed) throw new TypeError('the sandbox was disposed')
    if (this.running) throw new TypeError('a sandbox runs one program at a time')
    const refused = refuse(program, limits, signal)
    if (refused !== undefined) return refused
    this.running = true
    try {
      return await this.runProgram(program, call, limits, signal)
    } catch (thrown) {
      // Nothing was to be had: the pool was closed, or the caller left.
      if (signal?.aborted === true || OptimizerError.is(thrown, 'CANCELLED')) return cancelledOutcome()
      throw thrown
    } finally {
      this.running = false
      if (this.disposed) this.giveBack()
    }
  }

  /** Every run starts in a clean state, so there is nothing to do. */
  async reset(): Promise<boolean> {
    return !this.disposed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true
    if (!this.running) this.giveBack()
  }

  protected abstract runProgram(
    program: Program,
    call: HostCall,
    limits: SandboxLimits,
    signal: AbortSignal | undefined,
  ): Promise<Outcome>

  /** Does nothing where no place is held. */
  protected abstract giveBack(): void
}
