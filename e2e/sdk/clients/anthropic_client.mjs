// The official Node SDK of Anthropic.

import Anthropic from "@anthropic-ai/sdk";
import { baseUrl, must, play, tools } from "./common.mjs";

const client = new Anthropic({ apiKey: "sk-ant-simulated", baseURL: baseUrl("api.anthropic.com"), maxRetries: 0 });

const ask = (prompt) => ({
  model: "claude-simulated",
  max_tokens: 1024,
  tools: tools.map(([name, input_schema]) => ({ name, description: name, input_schema })),
  messages: [{ role: "user", content: prompt }],
});

function seen(message, more = {}) {
  const of = (type) => message.content.filter((block) => block.type === type);
  must(message.content.length === of("text").length + of("tool_use").length, "only text and calls", message.content);
  return {
    text: of("text").map((block) => block.text).join(""),
    calls: of("tool_use").map((block) => ({ name: block.name, arguments: block.input })),
    stop: message.stop_reason,
    ...more,
  };
}

await play("anthropic", {
  create: async (prompt) => seen(await client.messages.create(ask(prompt))),

  "create, stream": async (prompt) => {
    const order = [];
    const blocks = [];
    let stop;
    for await (const event of await client.messages.create({ ...ask(prompt), stream: true })) {
      order.push(event.type);
      if (event.type === "content_block_start") {
        must(event.index === blocks.length, "blocks are numbered without a gap", order);
        blocks.push({ ...event.content_block, json: "" });
      } else if (event.type === "content_block_delta") {
        const block = blocks[event.index];
        if (event.delta.type === "text_delta") block.text += event.delta.text;
        else block.json += event.delta.partial_json;
      } else if (event.type === "message_delta") {
        stop = event.delta.stop_reason;
      }
    }
    must(order.at(0) === "message_start" && order.at(-1) === "message_stop", "begins and ends", order);
    const content = blocks.map((block) => (block.type === "tool_use" ? { ...block, input: JSON.parse(block.json) } : block));
    return seen({ content, stop_reason: stop });
  },

  stream: async (prompt) => {
    let deltas = "";
    const stream = client.messages.stream(ask(prompt)).on("text", (text) => (deltas += text));
    return seen(await stream.finalMessage(), { deltas });
  },
});
