// What Node itself has for HTTPS: each must trust the CA, go through the proxy and meet the gate.

import { readFileSync } from "node:fs";
import https from "node:https";

const { body } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const url = "https://api.anthropic.com/v1/messages";
const headers = { "content-type": "application/json", "x-api-key": "simulated", "anthropic-version": "2023-06-01" };

const ways = {
  fetch: async () => (await fetch(url, { method: "POST", headers, body })).text(),
  https: () =>
    new Promise((resolve, reject) => {
      const request = https.request(url, { method: "POST", headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (more) => (text += more)).on("end", () => resolve(text)).on("error", reject);
      });
      request.on("error", reject).end(body);
    }),
};

for (const [variant, way] of Object.entries(ways)) {
  let seen;
  try {
    seen = { body: await way(), version: "HTTP/1.1" };
  } catch (error) {
    seen = { error: `${error} < ${error.cause}` };
  }
  console.log(JSON.stringify({ variant, ...seen }));
}
