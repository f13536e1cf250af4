// Agents that follow a script: each mode's own protocol, every token of it counted. An agent's turn is one request to a model:
// its input is everything so far (definitions, question, calls, answers), its output the calls of this turn or the answer.
import { isDeepStrictEqual } from 'node:util'
import { definitions } from './catalogs.mjs'

/** Counts a conversation: `turns` as `{repeatedTokens, newTokens, outputTokens}` for each tokenizer. */
export function createConversation(count, start) {
  let unsent = count(start)
  let sent = Object.fromEntries(Object.keys(unsent).map((name) => [name, 0]))
  const turns = Object.fromEntries(Object.keys(unsent).map((name) => [name, []]))
  let number = 0
  return {
    turns,
    get count() {
      return number
    },
    /** One request to the model, and what it wrote. */
    model(output) {
      const written = count(output)
      for (const name of Object.keys(turns))
        turns[name].push({ repeatedTokens: sent[name], newTokens: unsent[name], outputTokens: written[name] })
      sent = sum(sent, unsent)
      unsent = written
      number++
    },
    /** What the next request brings: an answer of a tool. */
    answer(text) {
      unsent = sum(unsent, count(text))
    },
  }
}

/** Does a task with the protocol of a mode. `client` is connected to a gateway in that mode. */
export async function runTask(task, mode, { client, world, tools, instructions, count }) {
  const ask = task.ask(world)
  const talk = createConversation(count, JSON.stringify(definitions(tools)) + instructions + ask)
  const session = {
    client,
    talk,
    mode,
    calls: 0,
    /** Sends calls as one turn of the model; the texts of the answers. */
    async turn(calls) {
      talk.model(JSON.stringify(calls.map(([name, input]) => ({ name, arguments: input }))))
      const results = await Promise.all(calls.map(([name, input]) => client.callTool({ name, arguments: input })))
      session.calls += calls.length
      return results.map(({ content }) => {
        const text = content.map((block) => block.text ?? '').join('\n')
        talk.answer(text)
        return text
      })
    },
  }
  const start = performance.now()
  const answer = await AGENTS[mode](task, session, world)
  const wallMs = performance.now() - start
  talk.model(JSON.stringify(answer))
  const truth = await task.truth(world)
  return {
    task: task.name,
    mode,
    right: isDeepStrictEqual(answer, truth),
    ...(isDeepStrictEqual(answer, truth) ? {} : { answer, truth }),
    turns: talk.count,
    calls: session.calls,
    wallMs: Math.round(wallMs * 10) / 10,
    tokens: { cl100k_base: total(talk.turns.cl100k_base), o200k_base: total(talk.turns.o200k_base) },
    conversation: Object.fromEntries(
      Object.entries(talk.turns).map(([name, list]) => [
        name,
        list.map(({ repeatedTokens, newTokens, outputTokens }) => [repeatedTokens, newTokens, outputTokens]),
      ]),
    ),
  }
}

const AGENTS = {
  /** All definitions are in the context; tools are called by name. */
  async traditional(task, session, world) {
    const seen = await rounds(
      task,
      world,
      async (calls) => await session.turn(calls.map(([id, input]) => [id.replace('.', '__'), input])),
    )
    return task.answer(world, seen)
  },

  /** Names of the servers in question, then definitions, then calls. */
  async lazy_loading(task, session, world) {
    await session.turn(task.servers.map((server) => ['list_tools', { server }]))
    await session.turn([['describe_tools', { names: task.tools }]])
    return task.answer(world, await rounds(task, world, async (calls) => await callAll(calls, session)))
  },

  /** The need is stated, definitions come back; once more in other words for what was not among them. */
  async server_side(task, session, world) {
    const found = await session.turn(task.tools.map((id) => ['find_tools', { need: id.replaceAll(/[._]/g, ' ') }]))
    const missing = task.tools.filter((id, index) => !found[index].includes(`"${id}"`))
    if (missing.length > 0) {
      const again = await session.turn(
        missing.map((id) => ['find_tools', { need: id.split('.')[1].replaceAll('_', ' ') }]),
      )
      if (missing.some((id, index) => !again[index].includes(`"${id}"`))) return `not found: ${missing}`
    }
    return task.answer(world, await rounds(task, world, async (calls) => await callAll(calls, session)))
  },

  /** One search, then intents, batches or programs. */
  async code_execution(task, session, world) {
    return await ours(task, session, world, task.turns)
  },

  /** The same with two tools: what is an intent or a batch above is a line of code here. */
  async code_execution_compact(task, session, world) {
    const turns = (task.compact ?? task.turns).map(
      (make) => (given) => make(given).map(([name, input]) => ['execute_code', { code: asCode(name, input) }]),
    )
    return await ours(task, session, world, turns)
  },
}

async function ours(task, session, world, turns) {
  const wanted = task.found ?? task.tools
  const [text] = await session.turn([['search', { query: task.queries.length === 1 ? task.queries[0] : task.queries }]])
  const missing = wanted.filter((name) => !text.includes(name))
  if (missing.length > 0) {
    const [again] = await session.turn([['search', { query: missing.map((name) => name.replaceAll(/[._]/g, ' ')) }]])
    if (missing.some((name) => !again.includes(name))) return `not found: ${missing}`
  }
  let data
  for (const turn of turns) {
    const answers = await session.turn(turn(world))
    data = dataIn(answers[0])
  }
  return task.answer(world, [], data)
}

/** The data of an answer: a text comes as it is. */
function dataIn(text) {
  try {
    const frame = JSON.parse(text)
    return frame?.status === undefined ? text : frame.data
  } catch {
    return text
  }
}

function asCode(name, input) {
  const path = (intent) => (intent.includes('.') ? `tools.${intent}` : `intents.${intent}`)
  if (name === 'execute_intent') return `return await ${path(input.intent)}(${JSON.stringify(input.params)})`
  if (name === 'execute_batch') {
    const [{ intent }] = input.requests
    return `const settled = await Promise.all(${JSON.stringify(input.requests.map(({ params }) => params))}.map((input) => ${path(intent)}(input)))
return settled.map((data) => ({ data }))`
  }
  return input.code
}

async function rounds(task, world, call) {
  const seen = []
  for (const round of task.rounds) seen.push(await call(round(world, seen)))
  return seen
}

/** Calls by name; the values as the texts that the servers sent. */
async function callAll(calls, session) {
  const answers = await session.turn(calls.map(([name, input]) => ['call_tool', { name, arguments: input }]))
  return answers.map((answer) => {
    const data = dataIn(answer)
    return typeof data === 'string' ? data : JSON.stringify(data ?? null)
  })
}

function sum(a, b) {
  return Object.fromEntries(Object.keys(a).map((name) => [name, a[name] + b[name]]))
}

function total(turns) {
  return turns.reduce((all, turn) => all + turn.repeatedTokens + turn.newTokens + turn.outputTokens, 0)
}
