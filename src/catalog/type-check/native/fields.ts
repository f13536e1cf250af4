import { getTokenAtPosition, type Node, type SourceFile } from 'typescript/unstable/ast'
import {
  isCallExpression,
  isObjectLiteralExpression,
  isPropertyAccessExpression,
  isPropertyAssignment,
} from 'typescript/unstable/ast/is'
import { type Checker, SymbolFlags, type Type } from 'typescript/unstable/async'
import type { Finding } from '../compiler.ts'

const MAX_FIELDS = 24
/** A property that does not exist on a type. */
const MISSING_MEMBER: ReadonlySet<number> = new Set([2339, 2551])
/** An object that has a field too many. */
const FIELD_TOO_MANY: ReadonlySet<number> = new Set([2353, 2561])
/** An object that lacks a field. */
const FIELD_TOO_FEW: ReadonlySet<number> = new Set([2739, 2740, 2741])
/** An argument that is missing. */
const WRONG_COUNT: ReadonlySet<number> = new Set([2554, 2555])

/** Names of the fields of the type that a finding is about; optional ones end with `?`. */
export async function fieldsInQuestion(
  { code, at }: Finding,
  file: SourceFile,
  checker: Checker,
): Promise<string[] | undefined> {
  const token = getTokenAtPosition(file, at)
  const type = await typeInQuestion(code, token, checker)
  if (type === undefined) return undefined
  const properties = await checker.getPropertiesOfType(type)
  if (properties.some(({ name }) => OF_LIBRARY.test(name))) return undefined
  return properties
    .slice(0, MAX_FIELDS)
    .map(({ name, flags }) => ((flags & SymbolFlags.Optional) === 0 ? name : `${name}?`))
}

/** Members of texts, numbers, lists, promises: the agent knows those. */
const OF_LIBRARY = /^(__@.*|valueOf)$/

async function typeInQuestion(code: number, token: Node, checker: Checker): Promise<Type | undefined> {
  if (MISSING_MEMBER.has(code)) return await typeOfOwner(token, checker)
  if (FIELD_TOO_MANY.has(code)) return await wantedAround(token, checker)
  if (FIELD_TOO_FEW.has(code)) return (await wantedAt(token, checker)) ?? (await wantedAround(token, checker))
  return WRONG_COUNT.has(code) ? await firstParameter(token, checker) : undefined
}

async function typeOfOwner(token: Node, checker: Checker): Promise<Type | undefined> {
  const { parent } = token
  return isPropertyAccessExpression(parent) ? await checker.getTypeAtLocation(parent.expression) : undefined
}

/** What `meta: {}` should be, which is wrong at its name. */
async function wantedAt(token: Node, checker: Checker): Promise<Type | undefined> {
  const { parent } = token
  const value = isPropertyAssignment(parent) && parent.name === token ? parent.initializer : undefined
  return value !== undefined && isObjectLiteralExpression(value) ? await checker.getContextualType(value) : undefined
}

async function wantedAround(token: Node, checker: Checker): Promise<Type | undefined> {
  const literal = enclosing(token, isObjectLiteralExpression)
  return literal === undefined ? undefined : await checker.getContextualType(literal)
}

async function firstParameter(token: Node, checker: Checker): Promise<Type | undefined> {
  const call = enclosing(token, isCallExpression)
  const signature = call === undefined ? undefined : await checker.getResolvedSignature(call)
  return signature === undefined ? undefined : await checker.getParameterType(signature, 0)
}

function enclosing<T extends Node>(token: Node, isWanted: (node: Node) => node is T): T | undefined {
  let node: Node | undefined = token
  while (node !== undefined && !isWanted(node)) node = node.parent
  return node
}
