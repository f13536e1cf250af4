import { type Stripped } from '../guest/strip-types.ts'
import { type Edit, placeAt } from './edit.ts'
import { T, type Tokens } from './tokens.ts'

type Failure = Extract<Stripped, { ok: false }>

const ODD = /[\u200b\u200e\u200f\u2060\u2018\u2019\u201c\u201d]/

/**
 * Signs that the parser takes for letters and an engine refuses: those without width, which editors and chats leave
 * behind, become spaces; typographic quotation marks are told.
 */
export function checkSigns(tokens: Tokens): Edit[] | Failure {
  if (!ODD.test(tokens.source)) return []
  const edits: Edit[] = []
  for (let at = 0; at < tokens.length; at++) {
    if (tokens.type(at) !== T.name) continue
    const name = tokens.text(at)
    for (let place = name.search(ODD); place !== -1 && place < name.length; place++) {
      const sign = name[place] ?? ''
      const start = tokens.start(at) + place
      if (/[\u2018\u2019\u201c\u201d]/.test(sign))
        return { ok: false, message: quotationMark(sign), ...placeAt(tokens.source, start) }
      if (ODD.test(sign)) edits.push({ at: start, length: 1, text: ' ' })
    }
  }
  return edits
}

export function quotationMark(sign: string): string {
  return `${sign} is no quotation mark of a program, write " or '`
}
