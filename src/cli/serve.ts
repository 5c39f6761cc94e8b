import { WinnowError } from "../errors.ts";
import { nanoModel } from "../lib/nano-model.ts";
import { serveModel } from "../serve/serve-model.ts";
import type { Command } from "./command.ts";
import { print } from "./print.ts";

export const serveCommand: Command = {
  name: "serve",
  description: "Serve the embedded model behind an OpenAI-compatible API, on loopback",
  args: {
    model: { type: "string", valueHint: "dir", description: "Model directory; the nano model when absent" },
    port: { type: "string", valueHint: "n", description: "Port; 8000, 0 takes a free one" },
    json: { type: "boolean", description: "Print one JSON object for machines" },
  },
  examples: ["winnow serve", "winnow serve --model ./smolvlm --port 8080"],
  async run(args, signal) {
    const port = Number(args.port ?? 8000);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new WinnowError("usage", `\`--port\` takes a number from 0 to 65535, found \`${args.port}\`.`);
    }
    const model = (args.model as string | undefined) ?? nanoModel();
    await using served = await serveModel({ model, port });
    const { url } = served;
    print(
      args.json === true
        ? `${JSON.stringify({ url, model: served.model })}\n`
        : `${served.model} is served on ${url}\n`,
    );
    if (signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  },
};
