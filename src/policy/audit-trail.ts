import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../internal/clock.ts'
import { randomId } from '../internal/ids.ts'
import { parseJson } from '../internal/json.ts'
import type { Scrub } from '../internal/scrub.ts'
import { type Resolvers, withResolvers } from '../internal/with-resolvers.ts'
import type { BegunCall, Observer } from '../metrics/observer.ts'
import { OptimizerError } from '../errors.ts'
import {
  type AuditRecord,
  beginRecord,
  callRecord,
  type ChainedLine,
  chainedLine,
  type ChainPlace,
  GENESIS,
  operationRecord,
  ownRecord,
  parseLine,
} from './audit-entry.ts'
import { bytesOf, CURRENT, filesOf, takeChain } from './audit-folder.ts'
import { GapFile, gapOf } from './audit-gap.ts'
import { createRedact } from './audit-redact.ts'

/** Writes every operation and every call of a tool, one JSON line each, before its answer goes out. */
export interface AuditTrail extends Observer, Disposable {
  /**
   * Writes that a call is about to be made. Throws `STORE_UNAVAILABLE` where that cannot be written: then the call must
   * not be made.
   */
  begin(call: BegunCall): void
  figures(): AuditFigures
}

export interface AuditFigures {
  readonly entries: number
  /** Entries that could not be written; the gap shows in their numbers. */
  readonly failures: number
  readonly bytes: number
  /** Why entries cannot be written now, a word of the system such as `ENOSPC`; absent while they can. */
  readonly problem?: string
}

export interface AuditOptions {
  readonly folder: string
  /** A file that has reached this size is closed and the next one begun. @default 16777216 */
  readonly maxFileBytes?: number
  /** Files kept, the current one included; the oldest go first. @default 10 */
  readonly maxFiles?: number
  /** `digest`: a hash of the arguments alone; `redacted`: the arguments too, without secrets. @default 'digest' */
  readonly arguments?: 'digest' | 'redacted'
  /** Keys whose values are redacted beside those that look secret; `*` stands for any text. */
  readonly redact?: readonly string[]
  /** Takes secrets out of the texts of arguments. @default keeps them */
  readonly scrub?: Scrub
  readonly clock: Clock
  /** Told of the first failure to write in a row. */
  readonly onFailure?: (error: unknown) => void
}

/** Milliseconds after which it is tried whether the disk takes entries again, where somebody asks. */
const TRY_AGAIN_MS = 1_000
const TAIL_BYTES = 1024 * 1024
/** Entries written together at most. */
const MAX_TOGETHER = 32
/** Operations under way from which on a few milliseconds of one of them are nothing to the others. */
const MANY = 8
/** Milliseconds that entries wait for more, for each of so many: the more there are, the longer each of them takes. */
const WAIT_MS_EACH = 0.25
const MIN_WAIT_MS = 5
const MAX_WAIT_MS = 20

/**
 * Opens the trail and continues the chain of hashes that is there. What comes in one turn of the event loop is one write(2) to a
 * file opened for appending, and answers wait for it: what the kernel has taken survives the end of this process, so that at most
 * the last line is cut, and no operation is lost whose answer went out. While many operations are under way, what only read waits
 * some milliseconds for more: a write alone, and the code for it alone, cost as much as ten entries.
 */
export function openAuditTrail(options: AuditOptions): AuditTrail {
  const file = new AuditFile(options)
  const redact = options.arguments === 'redacted' ? createRedact(options.redact ?? [], options.scrub) : undefined
  const shown = (json: string): unknown =>
    redact === undefined ? undefined : json === '' ? '[no JSON]' : redact(parseJson(json))
  const about = { maxFileBytes: file.maxFileBytes, maxFiles: file.maxFiles }
  const wallMs = options.clock.wall()
  file.append((place) => ownRecord('start', { id: randomId(8), wallMs, about }, place))
  let underWay = 0
  const wait = (): number =>
    underWay < MANY ? 0 : Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, underWay * WAIT_MS_EACH))
  return {
    started() {
      underWay++
    },
    ended(operation) {
      underWay = Math.max(0, underWay - 1)
      file.append((place) => operationRecord(operation, place, shown(operation.requestJson)), wait())
    },
    called(call) {
      file.append((place) => callRecord(call, place, shown(call.inputJson)), call.mayAct ? 0 : wait())
    },
    begin(call) {
      const problem = file.appendNow((place) => beginRecord(call, place, shown(call.inputJson)))
      if (problem !== undefined) throw notAudited(call.tool, problem)
    },
    settled: () => file.written(),
    figures: () => file.figures(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  }
}

function notAudited(tool: string, problem: string): OptimizerError {
  return new OptimizerError(
    'STORE_UNAVAILABLE',
    `cannot call ${tool}: the audit trail cannot be written (${problem}), which audit.required demands; nothing was sent`,
    { suggestion: 'tell the administrator: the folder of the audit trail needs room; calls that only read still work' },
  )
}

/** Makes the record of an entry when its turn has come. */
type MakeRecord = (place: ChainPlace) => AuditRecord

class AuditFile implements Disposable {
  readonly maxFileBytes: number
  readonly maxFiles: number
  readonly #chain: ReturnType<typeof takeChain>
  readonly #onFailure: (error: unknown) => void
  #file: number
  #bytes = 0
  /** Bytes of the full files. */
  #olderBytes = 0
  #seq: number
  #prev: string
  #entries = 0
  #failures = 0
  /** Why the last entries could not be written. */
  #problem: string | undefined
  #triedAt = 0
  readonly #gap: GapFile
  readonly #clock: Clock
  /** Entries that are written together: made then, so that the code for it is at hand for all of them. */
  #waiting: MakeRecord[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #isPlanned = false
  /** Who waits until those are written. */
  #written: Resolvers<void> | undefined
  /** The file does not end with a whole line. */
  #torn: boolean

  constructor({
    folder,
    clock,
    maxFileBytes = 16 * 1024 * 1024,
    maxFiles = 10,
    onFailure = () => undefined,
  }: AuditOptions) {
    this.#clock = clock
    this.maxFileBytes = maxFileBytes
    this.maxFiles = maxFiles
    this.#onFailure = onFailure
    this.#chain = takeChain(folder)
    const { seq, hash, torn } = lastOf(this.#chain.folder)
    // Numbers of entries that were not written stay free: the gap is seen for good.
    this.#seq = Math.max(seq, gapOf(this.#chain.folder))
    this.#gap = new GapFile(this.#chain.folder)
    this.#prev = hash
    this.#torn = torn
    this.#file = this.#open()
    this.#measure()
  }

  /** `waitMs`: that it may wait for others; none: it waits for those of this turn of the event loop alone. */
  append(record: MakeRecord, waitMs = 0): void {
    this.#waiting.push(record)
    if (this.#waiting.length >= MAX_TOGETHER) this.#flush()
    else if (waitMs > 0) this.#timer ??= setTimeout(() => this.#flush(), waitMs)
    else if (!this.#isPlanned) {
      this.#isPlanned = true
      setImmediate(() => this.#flush())
    }
  }

  /** Writes it, with all that waits; answers why it is not there. */
  appendNow(record: MakeRecord): string | undefined {
    this.#waiting.push(record)
    this.#flush()
    return this.#problem
  }

  /** Undefined: all is written. */
  written(): Promise<void> | undefined {
    if (this.#waiting.length === 0) return undefined
    this.#written ??= withResolvers<void>()
    return this.#written.promise
  }

  figures(): AuditFigures {
    this.#flush()
    this.#tryAgain()
    const figures = { entries: this.#entries, failures: this.#failures, bytes: this.#olderBytes + this.#bytes }
    return this.#problem === undefined ? figures : { ...figures, problem: this.#problem }
  }

  [Symbol.dispose](): void {
    if (this.#file < 0) return
    this.#flush()
    closeSync(this.#file)
    this.#file = -1
    this.#gap[Symbol.dispose]()
    this.#chain[Symbol.dispose]()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isPlanned = false
    const records = this.#waiting
    const written = this.#written
    this.#waiting = []
    this.#written = undefined
    for (let next = 0; next < records.length;) next += this.#writeSome(next === 0 ? records : records.slice(next))
    written?.resolve()
  }

  /** Writes as many as the file takes; gives back how many are dealt with, written or not. */
  #writeSome(records: readonly MakeRecord[]): number {
    let lines: readonly ChainedLine[] = []
    try {
      if (this.#bytes >= this.maxFileBytes) this.#rotate()
      lines = this.#linesOf(records)
      const whole = this.#write(lines)
      this.#prev = lines[whole - 1]?.hash ?? this.#prev
      this.#entries += whole
      this.#seq += lines.length
      this.#handleFailed(lines.length - whole, undefined)
      return lines.length
    } catch (thrown) {
      const failed = lines.length > 0 ? lines.length : records.length
      this.#seq += failed
      this.#handleFailed(failed, thrown)
      return failed
    }
  }

  #linesOf(records: readonly MakeRecord[]): ChainedLine[] {
    const lines: ChainedLine[] = []
    let bytes = this.#bytes
    let prev = this.#prev
    for (const make of records) {
      if (lines.length > 0 && bytes >= this.maxFileBytes) break
      const line = chainedLine(make({ seq: this.#seq + lines.length + 1, prev }))
      lines.push(line)
      prev = line.hash
      bytes += line.line.length
    }
    return lines
  }

  /** One write(2); gives back how many lines are in the file to their end. */
  #write(lines: readonly ChainedLine[]): number {
    let text = this.#torn ? '\n' : ''
    for (const { line } of lines) text += line
    const written = writeSync(this.#file, text)
    this.#bytes += written
    if (written === Buffer.byteLength(text)) {
      this.#torn = false
      return lines.length
    }
    let end = this.#torn ? 1 : 0
    let kept = 0
    let whole = 0
    for (const { line } of lines) {
      end += Buffer.byteLength(line)
      if (end > written) break
      whole++
      kept = end
    }
    this.#cutOff(written - kept, this.#torn && kept === 0)
    return whole
  }

  /** Takes away the part of a line that the disk still took. */
  #cutOff(bytes: number, isTornBefore: boolean): void {
    try {
      ftruncateSync(this.#file, fstatSync(this.#file).size - bytes)
      this.#bytes -= bytes
      this.#torn = isTornBefore
    } catch {
      this.#torn = true
    }
  }

  #handleFailed(count: number, thrown: unknown): void {
    this.#failures += count
    if (count === 0) {
      if (this.#problem !== undefined) this.#gap.clear()
      this.#problem = undefined
      return
    }
    if (this.#problem === undefined) this.#onFailure(thrown ?? new Error('the disk took only a part of the lines'))
    // After a part of a write, as after the whole of one that failed with a word.
    this.#problem = (thrown as NodeJS.ErrnoException | undefined)?.code ?? 'ENOSPC'
    this.#triedAt = this.#clock.now()
    this.#gap.note(this.#seq)
  }

  /** Nobody may write for long, and whoever asks for the figures wants to know whether it could. */
  #tryAgain(): void {
    if (this.#problem === undefined || this.#clock.now() - this.#triedAt < TRY_AGAIN_MS) return
    this.#triedAt = this.#clock.now()
    const place = { seq: this.#seq + 1, prev: this.#prev }
    const about = { failures: this.#failures }
    const line = chainedLine(ownRecord('gap', { id: randomId(8), wallMs: this.#clock.wall(), about }, place))
    try {
      if (this.#bytes >= this.maxFileBytes) this.#rotate()
      if (this.#write([line]) === 0) return
      this.#entries++
      this.#seq++
      this.#prev = line.hash
      this.#handleFailed(0, undefined)
    } catch {
      // It is as it was.
    }
  }

  #open(): number {
    return openSync(join(this.#chain.folder, CURRENT), 'a', 0o600)
  }

  #rotate(): void {
    const { folder } = this.#chain
    // Number of the last entry in it.
    const name = `audit-${String(this.#seq).padStart(12, '0')}.jsonl`
    // Missing where an earlier try got this far and no further.
    if (existsSync(join(folder, CURRENT))) renameSync(join(folder, CURRENT), join(folder, name))
    const full = this.#file
    this.#file = this.#open()
    closeSync(full)
    const files = filesOf(folder)
    for (const file of files.slice(0, Math.max(0, files.length - this.maxFiles))) rmSync(file)
    this.#torn = false
    this.#measure()
  }

  #measure(): void {
    this.#bytes = fstatSync(this.#file).size
    this.#olderBytes = filesOf(this.#chain.folder)
      .slice(0, -1)
      .reduce((sum, file) => sum + bytesOf(file), 0)
  }
}

/** Where the chain ends: the last whole line of its files. */
function lastOf(chain: string): { readonly seq: number; readonly hash: string; readonly torn: boolean } {
  let torn = false
  for (const [index, file] of filesOf(chain).toReversed().entries()) {
    const tail = tailOf(file)
    if (index === 0 && tail !== '' && !tail.endsWith('\n')) torn = file.endsWith(CURRENT)
    for (const line of tail.split('\n').toReversed()) {
      const parsed = parseLine(line)
      if (parsed !== undefined) return { seq: parsed.entry.seq, hash: parsed.entry.hash, torn }
    }
  }
  return { seq: 0, hash: GENESIS, torn }
}

function tailOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    return bytes.toString('utf8')
  } finally {
    closeSync(file)
  }
}
