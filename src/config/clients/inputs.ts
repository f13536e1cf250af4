import { isRecord } from '../../internal/json.ts'

/** What VS Code asks a person for and keeps in its own store. */
export interface AskedInput {
  readonly id: string
  /** The value where the file itself gives one. */
  readonly preset?: string
  /** The words that VS Code would ask with. */
  readonly prompt: string
}

/** The `inputs` of a file, at its top or below `mcp`. */
export function askedInputs(value: unknown): AskedInput[] {
  const inner = isRecord(value) ? [value['inputs'], isRecord(value['mcp']) ? value['mcp']['inputs'] : undefined] : []
  const inputs: unknown[] = inner.flatMap((inputs) => (Array.isArray(inputs) ? (inputs as unknown[]) : []))
  return inputs.flatMap((input) => {
    if (!isRecord(input) || typeof input['id'] !== 'string') return []
    const { id, default: preset, description } = input
    const prompt = typeof description === 'string' && description !== '' ? description : id
    return [{ id, prompt, ...(typeof preset === 'string' ? { preset } : {}) }]
  })
}
