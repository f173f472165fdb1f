// The official Node SDK of OpenAI: Chat Completions and Responses.

import OpenAI from "openai";
import { baseUrl, must, play, tools } from "./common.mjs";

const client = new OpenAI({ apiKey: "sk-simulated", baseURL: baseUrl("api.openai.com", "/v1"), maxRetries: 0 });
const model = "gpt-simulated";

const askChat = (prompt) => ({
  model,
  tools: tools.map(([name, parameters]) => ({
    type: "function",
    function: { name, description: name, strict: true, parameters },
  })),
  messages: [{ role: "user", content: prompt }],
});

function seenChat(completion, more = {}) {
  must(completion.choices.length === 1, "one choice", completion.choices);
  const [{ message, finish_reason }] = completion.choices;
  const calls = (message.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    arguments: JSON.parse(call.function.arguments),
  }));
  return { text: message.content ?? "", calls, stop: finish_reason, ...more };
}

await play("chat", {
  create: async (prompt) => seenChat(await client.chat.completions.create(askChat(prompt))),

  "create, stream": async (prompt) => {
    let content = "";
    let stop = null;
    const calls = [];
    for await (const chunk of await client.chat.completions.create({ ...askChat(prompt), stream: true })) {
      for (const choice of chunk.choices) {
        must(choice.index === 0 && stop === null, "nothing comes after the finish reason", chunk);
        content += choice.delta.content ?? "";
        for (const call of choice.delta.tool_calls ?? []) {
          const known = (calls[call.index] ??= { function: { name: "", arguments: "" } });
          known.function.name += call.function?.name ?? "";
          known.function.arguments += call.function?.arguments ?? "";
        }
        stop = choice.finish_reason;
      }
    }
    return seenChat({ choices: [{ message: { content, tool_calls: calls }, finish_reason: stop }] });
  },

  stream: async (prompt) => {
    let deltas = "";
    const stream = client.chat.completions.stream(askChat(prompt)).on("content", (text) => (deltas += text));
    return seenChat(await stream.finalChatCompletion(), { deltas });
  },
});

const askResponses = (prompt) => ({
  model,
  tools: tools.map(([name, parameters]) => ({ type: "function", name, description: name, strict: true, parameters })),
  input: [{ role: "user", content: prompt }],
});

function seenResponse(response, more = {}) {
  const of = (type) => response.output.filter((item) => item.type === type);
  must(response.output.length === of("message").length + of("function_call").length, "only text and calls", response.output);
  const calls = of("function_call").map((item) => ({ name: item.name, arguments: JSON.parse(item.arguments) }));
  const text = of("message").flatMap((item) => item.content).map((part) => part.text).join("");
  must(response.output_text === undefined || response.output_text === text, "the whole text is that of the parts", text);
  return { text, calls, stop: response.status, ...more };
}

await play("responses", {
  create: async (prompt) => seenResponse(await client.responses.create(askResponses(prompt))),

  "create, stream": async (prompt) => {
    const order = [];
    const items = [];
    let deltas = "";
    let final;
    for await (const event of await client.responses.create({ ...askResponses(prompt), stream: true })) {
      order.push(event.type);
      if (event.type === "response.output_item.added") {
        must(event.output_index === items.length, "items are numbered without a gap", order);
        items.push(event.item);
      } else if (event.type === "response.output_item.done") items[event.output_index] = event.item;
      else if (event.type === "response.output_text.delta") deltas += event.delta;
      else if (event.type === "response.completed") final = event.response;
    }
    must(order.at(0) === "response.created" && order.at(-1) === "response.completed", "begins and ends", order);
    must(JSON.stringify(items) === JSON.stringify(final.output), "the items are those of the whole response", items);
    return seenResponse(final, { deltas });
  },

  stream: async (prompt) => {
    let deltas = "";
    const stream = client.responses.stream(askResponses(prompt));
    stream.on("response.output_text.delta", (event) => (deltas += event.delta));
    return seenResponse(await stream.finalResponse(), { deltas });
  },
});
