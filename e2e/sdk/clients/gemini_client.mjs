// The official Node SDK of Google: generateContent.

import { GoogleGenAI } from "@google/genai";
import { baseUrl, must, play, tools } from "./common.mjs";

const baseUrlOfVigil = baseUrl("generativelanguage.googleapis.com");
const client = new GoogleGenAI({
  apiKey: "simulated",
  ...(baseUrlOfVigil ? { httpOptions: { baseUrl: baseUrlOfVigil } } : {}),
});

const ask = (prompt) => ({
  model: "gemini-simulated",
  contents: prompt,
  config: {
    tools: [
      { functionDeclarations: tools.map(([name, parametersJsonSchema]) => ({ name, description: name, parametersJsonSchema })) },
    ],
  },
});

class Replies {
  seen = { text: "", calls: [], stop: null };

  take(reply) {
    must(reply.candidates.length === 1, "one candidate", reply.candidates);
    const [candidate] = reply.candidates;
    for (const part of candidate.content?.parts ?? []) {
      if (part.functionCall) this.seen.calls.push({ name: part.functionCall.name, arguments: part.functionCall.args });
      this.seen.text += part.text ?? "";
    }
    this.seen.stop = candidate.finishReason ?? this.seen.stop;
  }
}

await play("gemini", {
  generateContent: async (prompt) => {
    const found = new Replies();
    found.take(await client.models.generateContent(ask(prompt)));
    return found.seen;
  },

  generateContentStream: async (prompt) => {
    const found = new Replies();
    for await (const reply of await client.models.generateContentStream(ask(prompt))) found.take(reply);
    return found.seen;
  },
});
