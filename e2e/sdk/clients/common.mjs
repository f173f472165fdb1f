// Plays all cases with all variants of a client, and prints each observation as one JSON line.

import { readFileSync } from "node:fs";

const given = JSON.parse(readFileSync(process.argv[2], "utf8"));

/** Where Vigil plays the host itself, or undefined when the client is to go through the proxy. */
export const baseUrl = (host, path = "") => (given.base ? `${given.base}/p/${host}${path}` : undefined);

export const tools = Object.entries(given.tools);

/** `variants`: name to async function of a prompt that gives text, calls, stop (and deltas). */
export async function play(api, variants) {
  const jobs = Object.entries(variants).flatMap(([variant, call]) =>
    given.variants && !given.variants.includes(variant) ? [] : given.cases.map((one) => tell(api, variant, call, one)),
  );
  await Promise.all(jobs);
}

async function tell(api, variant, call, { name, prompt }) {
  const started = performance.now();
  let seen;
  try {
    seen = await call(prompt);
  } catch (error) {
    seen = { error: failure(error) };
  }
  const seconds = (performance.now() - started) / 1000;
  process.stdout.write(JSON.stringify({ api, variant, case: name, seconds, ...seen }) + "\n");
}

function failure(error) {
  const causes = [];
  for (let cause = error; cause && causes.length < 5; cause = cause.cause) causes.push(String(cause));
  return causes.join(" < ") + ` (${error.stack?.split("\n")[1]?.trim()})`;
}

export function must(condition, text, value) {
  if (!condition) throw new Error(`${text}: ${JSON.stringify(value)}`);
}
